"""The table of scores: group by group, each beside persistence and climatology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.scores import events, measures
from airwatch.scores.bootstrap import BlockBootstrap
from airwatch.scores.levels import levels
from airwatch.scores.measures import INTERVALS, QUANTILES, complete, crps_rows, mean_of, ratio, worst_tenth

BRIER_AQI = (50, 100, 150)
EXCEEDANCE_AQI = 100
REFERENCES = ("persistence", "climatology")

# Scores that have the ends of their middle 90 % beside them, as ``<score>_low`` and ``<score>_high``.
BOOTSTRAPPED = (
    "rmse",
    "crps",
    "coverage_80",
    *(f"{kind}_{name}" for kind in ("skill", "crps_skill") for name in REFERENCES),
)

SCORE_COLUMNS: dict[str, str] = {
    **dict.fromkeys(["n", "origins", "n_worst_tenth"], "int64"),
    **dict.fromkeys(["exceedances", "exceedances_50", "exceedances_150", "hits", "false_alarms"], "int64"),
    **dict.fromkeys(["rmse", "mae", "bias", "nmb", "nme", "r", "ioa", "fb", "fe", "crps"], "float64"),
    **{f"coverage_{share}": "float64" for share in INTERVALS},
    "coverage_80_worst_tenth": "float64",
    **{f"sharpness_{share}": "float64" for share in INTERVALS},
    **dict.fromkeys(["pod", "far", "csi", "frequency_bias", "ets", "hss"], "float64"),
    **dict.fromkeys(["category_hit", "category_near"], "float64"),
    **{f"brier_{aqi}": "float64" for aqi in BRIER_AQI},
    **{f"brier_skill_{aqi}": "float64" for aqi in BRIER_AQI},
    **{f"n_{reference}": "int64" for reference in REFERENCES},
    **{f"rmse_beside_{reference}": "float64" for reference in REFERENCES},
    **{f"rmse_{reference}": "float64" for reference in REFERENCES},
    **{f"skill_{reference}": "float64" for reference in REFERENCES},
    **{f"crps_{reference}": "float64" for reference in REFERENCES},
    **{f"crps_skill_{reference}": "float64" for reference in REFERENCES},
    **{f"{score}_{end}": "float64" for score in BOOTSTRAPPED for end in ("low", "high")},
}

Group = dict[str, NDArray[Any]]


def score_table(
    forecasts: pd.DataFrame, by: Sequence[str], *, block_days: int = 14, draws: int = 400, seed: int = 20
) -> pd.DataFrame:
    """Score forecasts group by group, each group beside persistence and climatology.

    Args:
        forecasts: Columns of the ``forecasts`` table (``pollutant``, ``origin_date``, ``lead_days``, ``mean``,
            quantiles, chances) and ``observed``, ``persistence``, ``climatology`` in the same unit; where the
            references have distributions, also their CRPS on the row, ``crps_persistence`` and ``crps_climatology``.
            Rows not observed are left out.
        by: Columns that make the groups; ``pollutant`` is among them unless there is only one. Rows where one of
            them is missing are in no group.
        block_days: Length of the bootstrap's blocks of origin days.
        draws: Bootstrap samples.
        seed: Of the bootstrap; a group's interval does not depend on the other groups.

    Returns:
        One row for each group, sorted: ``by``, then ``SCORE_COLUMNS``. ``n`` counts rows, ``origins`` days;
        an alarm is a mean above the breakpoint (``hits`` and ``false_alarms`` are at an AQI of 100), and
        ``exceedances_50`` counts the days above an AQI of 50.
        ``n_worst_tenth`` counts the group's rows among the worst tenth of all rows of their pollutant and lead, on
        which ``coverage_80_worst_tenth`` stands. ``ioa``, ``fb`` and ``fe`` are the index of agreement, fractional
        bias and fractional error; ``category_hit`` and ``category_near`` the shares of rows whose AQI category is
        that of the mean, or within one of it. ``n_persistence`` counts the rows that have persistence; on those
        rows ``rmse_persistence`` is its error, ``rmse_beside_persistence`` that of the forecast, and
        ``skill_persistence`` is 1 - (``rmse_beside_persistence`` / ``rmse_persistence``)²; the same goes for
        climatology. ``crps_skill_persistence`` is 1 - the ratio of the forecast's CRPS and ``crps_persistence`` on
        the rows that have the latter. ``<score>_low`` and ``_high`` hold the middle 90 % of the bootstrap.

    Raises:
        ValueError: A group would mix pollutants, whose units differ.
    """
    if "pollutant" not in by and forecasts["pollutant"].nunique() > 1:
        raise ValueError("Scores of several pollutants do not mix: put pollutant among the columns of by.")
    matured = forecasts[forecasts["observed"].notna()]
    return score_rows(matured[list(by)], columns_to_score(matured, block_days), BlockBootstrap(draws, seed))


def score_rows(keys: pd.DataFrame, columns: Group, bootstrap: BlockBootstrap) -> pd.DataFrame:
    """Score the rows that share their keys, group by group; ``score_table`` says what comes out.

    Args:
        keys: What makes the groups, a row for each forecast.
        columns: Of the same rows, by ``columns_to_score``.
        bootstrap: Draws the intervals.
    """
    numbers = keys.groupby(list(keys.columns), sort=True, observed=True).ngroup().fillna(-1).to_numpy(dtype=np.int64)
    order = np.argsort(numbers, kind="stable")[(numbers < 0).sum() :]
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    sorted_columns = {name: values[order] for name, values in columns.items()}
    scores = [
        _score_group({name: values[rows] for name, values in sorted_columns.items()}, bootstrap)
        for rows in map(slice, starts, [*starts[1:], len(order)])  # ends with the starts
    ]
    table = {name: np.array([of[name] for of in scores], dtype=kind) for name, kind in SCORE_COLUMNS.items()}
    return keys.iloc[order[starts]].reset_index(drop=True).join(pd.DataFrame(table))


def columns_to_score(matured: pd.DataFrame, block_days: int) -> Group:
    """What the scores need of observed rows, by name [n]: forecasts, observations, categories, days and blocks."""
    losses = [f"crps_{name}" for name in REFERENCES]
    names = ["mean", *QUANTILES, *(f"p_aqi_above_{aqi}" for aqi in BRIER_AQI), "observed", *REFERENCES, *losses]
    given = matured.reindex(columns=names)  # a reference without a distribution has no CRPS
    columns: Group = {name: given[name].to_numpy(dtype=np.float64) for name in names}
    columns["crps"] = crps_rows(given[list(QUANTILES)], columns["observed"])
    columns["level"] = levels(matured["pollutant"], columns["mean"])
    columns["observed_level"] = levels(matured["pollutant"], columns["observed"])
    worst = matured.groupby(["pollutant", "lead_days"])["observed"].transform(worst_tenth)
    columns["worst_tenth"] = worst.to_numpy(dtype=bool)
    columns["day"] = matured["origin_date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    columns["block"] = columns["day"] // block_days
    return columns


def _score_group(group: Group, bootstrap: BlockBootstrap) -> dict[str, float]:
    """The scores of one group, by name."""
    return {
        **_of_the_mean(group),
        **_of_the_distribution(group),
        **_of_events(group),
        **_beside_references(group),
        **_intervals(group, bootstrap),
    }


def _of_the_mean(group: Group) -> dict[str, float]:
    pair = group["mean"], group["observed"]
    return {
        "n": pair[1].size,
        "origins": int(np.count_nonzero(np.bincount(group["day"] - group["day"].min()))),
        "rmse": measures.rmse(*pair),
        "mae": measures.mae(*pair),
        "bias": measures.mean_bias(*pair),
        "nmb": measures.nmb(*pair),
        "nme": measures.nme(*pair),
        "r": measures.correlation(*pair),
        "ioa": measures.agreement(*pair),
        "fb": measures.fractional_bias(*pair),
        "fe": measures.fractional_error(*pair),
    }


def _of_the_distribution(group: Group) -> dict[str, float]:
    observed, worst = group["observed"], group["worst_tenth"]
    scores: dict[str, float] = {"crps": mean_of(*complete(group["crps"])), "n_worst_tenth": int(worst.sum())}
    for share, (low, high) in INTERVALS.items():
        scores[f"coverage_{share}"] = measures.coverage(group[low], group[high], observed)
        scores[f"sharpness_{share}"] = measures.sharpness(group[low], group[high])
    low, high = INTERVALS[80]
    worst_days = (group[name][worst] for name in (low, high, "observed"))
    return scores | {"coverage_80_worst_tenth": measures.coverage(*worst_days)}


def _of_events(group: Group) -> dict[str, float]:
    """Scores of the alarms, the categories and the chances, with the events counted."""
    level, observed = group["level"], group["observed_level"]
    exceeds = BRIER_AQI.index(EXCEEDANCE_AQI)
    alarm, event = level > exceeds, observed > exceeds
    named = ("pod", "far", "csi", "frequency_bias", "ets", "hss")
    scores: dict[str, float] = {name: getattr(events, name)(alarm, event) for name in named}
    scores |= {"hits": int((alarm & event).sum()), "false_alarms": int((alarm & ~event).sum())}
    scores["category_hit"] = mean_of(level == observed)
    scores["category_near"] = mean_of(np.abs(level - observed) <= 1)
    for position, aqi in enumerate(BRIER_AQI):
        chance, happened = group[f"p_aqi_above_{aqi}"], observed > position
        scores["exceedances" if aqi == EXCEEDANCE_AQI else f"exceedances_{aqi}"] = int(happened.sum())
        scores[f"brier_{aqi}"] = events.brier(chance, happened)
        scores[f"brier_skill_{aqi}"] = events.brier_skill(chance, happened)
    return scores


def _beside_references(group: Group) -> dict[str, float]:
    """Errors of forecast and reference on the rows that have the reference, and the skill that follows from them."""
    beside: dict[str, float] = {}
    for name in REFERENCES:
        forecast, truth, reference = complete(group["mean"], group["observed"], group[name])
        beside[f"n_{name}"] = truth.size
        beside[f"rmse_beside_{name}"] = measures.rmse(forecast, truth)
        beside[f"rmse_{name}"] = measures.rmse(reference, truth)
        beside[f"skill_{name}"] = measures.mse_skill(forecast, truth, reference)
        loss, reference_loss = complete(group["crps"], group[f"crps_{name}"])
        beside[f"crps_{name}"] = mean_of(reference_loss)
        beside[f"crps_skill_{name}"] = 1.0 - ratio(loss.sum(), reference_loss.sum())
    return beside


def _intervals(group: Group, bootstrap: BlockBootstrap) -> dict[str, float]:
    """The ends of the middle 90 % of ``BOOTSTRAPPED``, each a ratio of two sums over rows or made of one."""
    observed, (low, high) = group["observed"], INTERVALS[80]
    squared, every = (group["mean"] - observed) ** 2, np.ones(observed.size)
    within = (observed >= group[low]) & (observed <= group[high])
    pairs = [(squared, every), (group["crps"], every), (within, every)]
    pairs += [(squared, (group[name] - observed) ** 2) for name in REFERENCES]
    pairs += [(group["crps"], group[f"crps_{name}"]) for name in REFERENCES]
    above, below = np.array(pairs, dtype=np.float64).transpose(1, 0, 2)
    missing = np.isnan(above) | np.isnan(below)
    ends = bootstrap.ratios(group["block"], np.where(missing, 0.0, above), np.where(missing, 0.0, below))
    ends[:, 0] = np.sqrt(ends[:, 0])
    skills = slice(3, None)
    ends[:, skills] = 1.0 - ends[::-1, skills]
    lows, highs = ends.tolist()
    named = zip(BOOTSTRAPPED, lows, highs, strict=True)
    return {f"{score}_{end}": value for score, *both in named for end, value in zip(("low", "high"), both, strict=True)}
