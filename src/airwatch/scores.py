"""Scores of forecasts: of the mean, the intervals and the chances, each beside persistence and climatology.

Definitions: CRPS is twice the mean pinball loss over the seven quantiles; skill is one minus the ratio of
mean squared errors on the same rows; intervals include their ends; an exceedance is an AQI above 100 by
EPA's 2024 table; FAR is the false-alarm ratio, false alarms over alarms. Concentrations and their errors
are in the AQS unit. A pair with a missing member is left out; a score of nothing is NaN.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from airwatch.domain.aqi import exceedance_concentration

FloatArray = NDArray[np.floating[Any]]

QUANTILES = {"q05": 0.05, "q10": 0.10, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q90": 0.90, "q95": 0.95}
INTERVALS = {50: ("q25", "q75"), 80: ("q10", "q90"), 90: ("q05", "q95")}
BRIER_AQI = (50, 100, 150)
EXCEEDANCE_AQI = 100
REFERENCES = ("persistence", "climatology")


def rmse(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Root mean squared error."""
    f, o = _complete(forecast, observed)
    return float(np.sqrt(_mean((f - o) ** 2)))


def mae(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean absolute error."""
    f, o = _complete(forecast, observed)
    return _mean(np.abs(f - o))


def mean_bias(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Mean of forecast minus observed."""
    f, o = _complete(forecast, observed)
    return _mean(f - o)


def nmb(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean bias: the sum of errors over the sum of observations (a share, not percent)."""
    f, o = _complete(forecast, observed)
    return _ratio((f - o).sum(), o.sum())


def nme(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Normalised mean error: the sum of absolute errors over that of observations (a share, not percent)."""
    f, o = _complete(forecast, observed)
    return _ratio(np.abs(f - o).sum(), o.sum())


def correlation(forecast: ArrayLike, observed: ArrayLike) -> float:
    """Pearson's r; NaN where either side does not vary."""
    f, o = _complete(forecast, observed)
    if not f.size:
        return float("nan")
    f, o = f - f.mean(), o - o.mean()
    return _ratio((f * o).sum(), np.sqrt((f**2).sum() * (o**2).sum()))


def mse_skill(forecast: ArrayLike, observed: ArrayLike, reference: ArrayLike) -> float:
    """One minus the ratio of mean squared errors of forecast and reference, on the rows that have both."""
    f, o, r = _complete(forecast, observed, reference)
    return 1.0 - _ratio(((f - o) ** 2).sum(), ((r - o) ** 2).sum())


def pinball_loss(quantile: ArrayLike, observed: ArrayLike, level: float) -> FloatArray:
    """The loss of one quantile forecast, elementwise."""
    shortfall = np.asarray(observed, dtype=np.float64) - np.asarray(quantile, dtype=np.float64)
    return np.maximum(level * shortfall, (level - 1.0) * shortfall)


def crps(quantiles: ArrayLike, observed: ArrayLike) -> float:
    """Twice the mean pinball loss over the seven quantiles.

    Args:
        quantiles: At the levels of ``QUANTILES`` [n, 7].
        observed: [n].
    """
    *columns, o = _complete(*np.asarray(quantiles, dtype=np.float64).reshape(-1, len(QUANTILES)).T, observed)
    losses = [pinball_loss(q, o, level) for q, level in zip(columns, QUANTILES.values(), strict=True)]
    return _mean(2.0 * np.mean(losses, axis=0))


def coverage(low: ArrayLike, high: ArrayLike, observed: ArrayLike) -> float:
    """The share of observations within the interval, ends included."""
    lower, upper, o = _complete(low, high, observed)
    return _mean((o >= lower) & (o <= upper))


def sharpness(low: ArrayLike, high: ArrayLike) -> float:
    """The mean width of the interval."""
    lower, upper = _complete(low, high)
    return _mean(upper - lower)


def pod(alarm: ArrayLike, event: ArrayLike) -> float:
    """Probability of detection: the share of events that were forecast."""
    hits, misses, _ = _contingency(alarm, event)
    return _ratio(hits, hits + misses)


def far(alarm: ArrayLike, event: ArrayLike) -> float:
    """False-alarm ratio: the share of alarms without an event."""
    hits, _, false_alarms = _contingency(alarm, event)
    return _ratio(false_alarms, hits + false_alarms)


def csi(alarm: ArrayLike, event: ArrayLike) -> float:
    """Critical success index: hits over hits, misses and false alarms."""
    hits, misses, false_alarms = _contingency(alarm, event)
    return _ratio(hits, hits + misses + false_alarms)


def brier(chance: ArrayLike, event: ArrayLike) -> float:
    """Mean squared difference of the chance and what happened (1 or 0)."""
    p, e = _complete(chance, event)
    return _mean((p - e) ** 2)


def _complete(*arrays: ArrayLike) -> list[FloatArray]:
    """The arrays as float64, without the places where one of them is NaN."""
    floats = [np.asarray(array, dtype=np.float64) for array in arrays]
    known = np.logical_and.reduce([~np.isnan(array) for array in floats])
    return [array[known] for array in floats]


def _contingency(alarm: ArrayLike, event: ArrayLike) -> tuple[int, int, int]:
    """Hits, misses and false alarms."""
    a, e = np.asarray(alarm, dtype=bool), np.asarray(event, dtype=bool)
    return int((a & e).sum()), int((~a & e).sum()), int((a & ~e).sum())


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below else float("nan")


SCORE_COLUMNS: dict[str, str] = {
    **dict.fromkeys(["n", "origins", "exceedances"], "int64"),
    **dict.fromkeys(["rmse", "mae", "bias", "nmb", "nme", "r", "crps"], "float64"),
    **{f"coverage_{share}": "float64" for share in INTERVALS},
    **{f"sharpness_{share}": "float64" for share in INTERVALS},
    **dict.fromkeys(["pod", "far", "csi"], "float64"),
    **{f"brier_{aqi}": "float64" for aqi in BRIER_AQI},
    **{f"n_{reference}": "int64" for reference in REFERENCES},
    **{f"rmse_beside_{reference}": "float64" for reference in REFERENCES},
    **{f"rmse_{reference}": "float64" for reference in REFERENCES},
    **{f"skill_{reference}": "float64" for reference in REFERENCES},
    **dict.fromkeys(["skill_persistence_low", "skill_persistence_high"], "float64"),
}


def score_table(
    forecasts: pd.DataFrame, by: Sequence[str], *, block_days: int = 14, draws: int = 400, seed: int = 20
) -> pd.DataFrame:
    """Score forecasts group by group, each group beside persistence and climatology.

    Args:
        forecasts: Columns of the ``forecasts`` table (``pollutant``, ``origin_date``, ``mean``, quantiles,
            chances) and ``observed``, ``persistence``, ``climatology`` in the same unit. Rows not observed
            are left out.
        by: Columns that make the groups; ``pollutant`` is among them unless there is only one.
        block_days: Length of the bootstrap's blocks of origin days: errors of near days and sites go
            together.
        draws: Bootstrap samples.
        seed: Of the bootstrap; a group's interval does not depend on the other groups.

    Returns:
        One row for each group, sorted: ``by``, then ``SCORE_COLUMNS``. ``n`` counts rows, ``origins`` days;
        an alarm is a mean above the breakpoint. ``n_persistence`` counts the rows that have persistence; on those
        rows ``rmse_persistence`` is its error, ``rmse_beside_persistence`` that of the forecast, and
        ``skill_persistence`` is 1 - (``rmse_beside_persistence`` / ``rmse_persistence``)²; the same goes for
        climatology. ``skill_persistence_low`` and ``_high`` hold the middle 90 % of the bootstrap.

    Raises:
        ValueError: A group would mix pollutants, whose units differ.
    """
    if "pollutant" not in by and forecasts["pollutant"].nunique() > 1:
        raise ValueError("Scores of several pollutants do not mix: put pollutant among the columns of by.")
    matured = forecasts[forecasts["observed"].notna()]
    columns = _columns_to_score(matured, block_days)
    bootstrap = _BlockBootstrap(draws, seed)
    numbers = matured.groupby(list(by), sort=True, dropna=False, observed=True).ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(order) else []
    scores = [_score_group({name: x[rows] for name, x in columns.items()}, bootstrap) for rows in groups]
    keys = matured[list(by)].iloc[[rows[0] for rows in groups]].reset_index(drop=True)
    return keys.join(pd.DataFrame(scores, columns=list(SCORE_COLUMNS)).astype(SCORE_COLUMNS))


class _BlockBootstrap:
    """Draws blocks with replacement: as many as there are, the same draws for the same number of blocks."""

    def __init__(self, draws: int, seed: int) -> None:
        self._draws, self._seed = draws, seed
        self._counts: dict[int, NDArray[np.float64]] = {}

    def interval(self, blocks: NDArray[np.int64], above: FloatArray, below: FloatArray) -> tuple[float, float]:
        """The 5th and 95th percentile of one minus the ratio of two sums; NaN with fewer than two blocks."""
        _, block_of_row = np.unique(blocks, return_inverse=True)
        sums = np.array([np.bincount(block_of_row, weights=errors) for errors in (above, below)])
        if sums.shape[1] < 2:
            return float("nan"), float("nan")
        drawn = self._drawn(sums.shape[1]) @ sums.T
        positive = drawn[drawn[:, 1] > 0]
        if not len(positive):
            return float("nan"), float("nan")
        low, high = np.quantile(1.0 - positive[:, 0] / positive[:, 1], [0.05, 0.95])
        return float(low), float(high)

    def _drawn(self, blocks: int) -> NDArray[np.float64]:
        """How often each block is in each sample [draws, blocks]."""
        if blocks not in self._counts:
            even = np.full(blocks, 1.0 / blocks)
            counts = np.random.default_rng(self._seed).multinomial(blocks, even, size=self._draws)
            self._counts[blocks] = counts.astype(np.float64)
        return self._counts[blocks]


def _columns_to_score(matured: pd.DataFrame, block_days: int) -> dict[str, NDArray[Any]]:
    """What the scores need, by name, each [n]: forecasts, observations, breakpoints, days, their blocks."""
    names = ["mean", *QUANTILES, *(f"p_aqi_above_{aqi}" for aqi in BRIER_AQI), "observed", *REFERENCES]
    columns: dict[str, NDArray[Any]] = {name: matured[name].to_numpy(dtype=np.float64) for name in names}
    for aqi in BRIER_AQI:
        breakpoints = {name: exceedance_concentration(name, aqi) for name in matured["pollutant"].unique()}
        columns[f"above_{aqi}"] = matured["pollutant"].map(breakpoints).to_numpy(dtype=np.float64)
    columns["day"] = matured["origin_date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    columns["block"] = columns["day"] // block_days
    return columns


def _score_group(group: dict[str, NDArray[Any]], bootstrap: _BlockBootstrap) -> dict[str, float]:
    """The scores of one group, by name."""
    mean, observed = group["mean"], group["observed"]
    above = group[f"above_{EXCEEDANCE_AQI}"]
    alarm, event = mean >= above, observed >= above
    pairs: dict[str, float] = {"n": observed.size, "origins": np.unique(group["day"]).size}
    pairs |= {"exceedances": float(event.sum())}
    pairs |= {"rmse": rmse(mean, observed), "mae": mae(mean, observed), "bias": mean_bias(mean, observed)}
    pairs |= {"nmb": nmb(mean, observed), "nme": nme(mean, observed), "r": correlation(mean, observed)}
    pairs |= {"crps": crps(np.column_stack([group[name] for name in QUANTILES]), observed)}
    for share, (low, high) in INTERVALS.items():
        pairs[f"coverage_{share}"] = coverage(group[low], group[high], observed)
        pairs[f"sharpness_{share}"] = sharpness(group[low], group[high])
    pairs |= {"pod": pod(alarm, event), "far": far(alarm, event), "csi": csi(alarm, event)}
    for aqi in BRIER_AQI:
        pairs[f"brier_{aqi}"] = brier(group[f"p_aqi_above_{aqi}"], observed >= group[f"above_{aqi}"])
    return pairs | _beside_references(group, bootstrap)


def _beside_references(group: dict[str, NDArray[Any]], bootstrap: _BlockBootstrap) -> dict[str, float]:
    """Errors of forecast and reference on the rows that have the reference, and the skill that follows from them."""
    mean, observed = group["mean"], group["observed"]
    beside: dict[str, float] = {}
    for name in REFERENCES:
        forecast, truth, reference = _complete(mean, observed, group[name])
        beside[f"n_{name}"] = truth.size
        beside[f"rmse_beside_{name}"] = rmse(forecast, truth)
        beside[f"rmse_{name}"] = rmse(reference, truth)
        beside[f"skill_{name}"] = mse_skill(forecast, truth, reference)
    both = ~np.isnan(group["persistence"])
    squared = [(group[name][both] - observed[both]) ** 2 for name in ("mean", "persistence")]
    low, high = bootstrap.interval(group["block"][both], *squared)
    return beside | {"skill_persistence_low": low, "skill_persistence_high": high}
