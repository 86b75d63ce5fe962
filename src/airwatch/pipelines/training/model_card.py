"""The model card of one pollutant: what it forecasts, how well, and where it fails, all of it from numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.categories import CATEGORIES
from airwatch.domain.pollutants import Pollutant, Weather, parameter
from airwatch.pipelines.training.gate import ROWS, Decision
from airwatch.scores import EXCEEDANCE_AQI, INTERVALS

if TYPE_CHECKING:
    from airwatch.forecasting.warnings import WarningCuts

DATA = {
    "source": "source",
    "area": "area",
    "sites": "sites",
    "training_window": "origins trained on",
    "as_of": "no later day was read than",
    "data_hash": "hash of features and targets",
    "airwatch_version": "AirWatch",
    "code_hash": "hash of the code",
}
SIMULATED = "sandbox"


def model_card(
    decision: Decision,
    scores: pd.DataFrame,
    fit_gaps: pd.DataFrame,
    cuts: WarningCuts,
    tags: Mapping[str, str],
) -> str:
    """Write the card in markdown.

    Args:
        decision: Of the gate, with a champion.
        scores: ``BacktestScores`` of the pollutant: all candidates, leads and groups. Concentrations are in the AQS
            unit.
        fit_gaps: ``candidate``, ``lead_days`` and ``gap``, as the gate takes them.
        cuts: When the champion warns, and what became of it.
        tags: Of the registered model; those named in ``DATA`` are shown.
    """
    assert decision.champion is not None
    pollutant = parameter(str(scores["pollutant"].iloc[0]))
    partial = decision.table.loc[decision.table["rule"] == ROWS, "candidate"]
    overall = scores[(scores["grouping"] == "all") & ~scores["candidate"].isin(partial)]
    champion = scores[scores["candidate"] == decision.champion]
    of_champion = champion[champion["grouping"] == "all"]
    scored = (
        "All scores are of forecasts from rolling origins, by models trained on the days before: "
        f"{_count(of_champion)} forecasts a lead, the same rows for all candidates."
    )
    sections = {
        "What it forecasts": f"{_what(pollutant, decision.champion, of_champion['lead_days'])}\n\n{scored}",
        "Data": _data(tags),
        "Candidates": _candidates(overall, fit_gaps, pollutant.unit),
        "The gate": f"{decision.paragraph}\n\n{_gate(decision.table)}",
        "Intervals": _intervals(of_champion, pollutant.unit),
        "Warnings": _warnings(cuts),
        "Known weaknesses": "\n".join(f"- {line}" for line in _weaknesses(champion, pollutant.unit)),
        "How to make it again": _again(tags),
    }
    return _card(pollutant, sections, tags)


def unjudged_card(
    decision: Decision, pollutant: str, fit_gaps: pd.DataFrame, cuts: WarningCuts, tags: Mapping[str, str]
) -> str:
    """Write the card of a champion that was not judged, in markdown.

    Args:
        decision: That takes it unjudged.
        pollutant: Whose champion.
        fit_gaps: ``candidate``, ``lead_days`` and root mean square errors, of the window that calibrated it.
        cuts: When it warns.
        tags: Of the registered model; those named in ``DATA`` are shown.
    """
    assert decision.champion is not None
    own = fit_gaps[fit_gaps["candidate"] == decision.champion]
    errors = [
        (str(row["lead_days"]), *(_number(row[name], "{:.3g}") for name in ("rmse_training", "rmse_rolling")))
        for _, row in own.iterrows()
    ]
    sections = {
        "What it forecasts": _what(parameter(pollutant), decision.champion, own["lead_days"]),
        "Data": _data(tags),
        "Not judged": decision.paragraph,
        "Errors": "Root mean square in the unit the model works in, on its training days and on the window that "
        "calibrates it:\n\n" + _table(["lead, days", "training", "window"], errors),
        "Warnings": _warnings(cuts),
        "How to make it again": _again(tags),
    }
    return _card(parameter(pollutant), sections, tags)


def _card(pollutant: Pollutant | Weather, sections: Mapping[str, str], tags: Mapping[str, str]) -> str:
    simulated = " (simulated data)" if tags.get("source", "").startswith(SIMULATED) else ""
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# {pollutant.label}: model card{simulated}\n\n{body}\n"


def _data(tags: Mapping[str, str]) -> str:
    return _table(["", ""], [(DATA[key], f"`{tags[key]}`") for key in DATA if key in tags])


def _what(pollutant: Pollutant | Weather, champion: str, leads: pd.Series) -> str:
    averaging = getattr(pollutant, "averaging", "daily value")
    return (
        f"The {averaging} of {pollutant.label} in {pollutant.unit} at EPA's monitoring sites, {leads.min()} to "
        f"{leads.max()} days ahead: mean, quantiles from 5 to 95 %, AQI, and the chance of an AQI above 50, 100 and "
        f"150. The model is `{champion}`. It reads observations alone, no weather forecast."
    )


def _count(scores: pd.DataFrame) -> str:
    """How many rows the leads have: ``1,200``, or ``1,190 to 1,200``."""
    return " to ".join(f"{count:,}" for count in sorted({scores["n"].min(), scores["n"].max()}))


def _candidates(overall: pd.DataFrame, fit_gaps: pd.DataFrame, unit: str) -> str:
    """A table by lead for each score, the best candidate by CRPS first."""
    order = overall.groupby("candidate")["crps"].mean().sort_values().index
    tables = {
        f"CRPS, {unit}": _by_lead(overall, "crps", order, "{:.3g}"),
        f"Root mean squared error of the mean, {unit}": _by_lead(overall, "rmse", order, "{:.3g}"),
        "Skill against persistence: one minus the ratio of mean squared errors": _by_lead(
            overall, "skill_persistence", order, "{:.2f}"
        ),
        "Gap: error on new days over that on training days, less one": _by_lead(fit_gaps, "gap", order, "{:+.2f}"),
    }
    return "\n\n".join(f"{title}:\n\n{table}" for title, table in tables.items())


def _by_lead(scores: pd.DataFrame, score: str, order: Iterable[str], form: str) -> str:
    """One score, a row for each candidate and a column for each lead."""
    wide = scores.pivot(index="candidate", columns="lead_days", values=score).reindex(list(order))
    rows = [(f"`{name}`", *(_number(value, form) for value in wide.loc[name])) for name in wide.index]
    return _table(["lead, days", *map(str, wide.columns)], rows)


def _gate(table: pd.DataFrame) -> str:
    rows = [
        (
            f"`{row['candidate']}`",
            row["rule"],
            *(_number(row[name], "{:.3g}") for name in ("value", "limit", "p_value")),
            "yes" if row["passed"] else "**no**",
            row["note"],
        )
        for _, row in table.iterrows()
    ]
    return _table(["candidate", "rule", "value", "limit", "p", "passed", ""], rows)


def _intervals(scores: pd.DataFrame, unit: str) -> str:
    """How often the champion's intervals held, beside their names."""
    names = [*(f"coverage_{share}" for share in INTERVALS), "coverage_80_worst_tenth"]
    rows = [
        (str(row["lead_days"]), *(_percent(row[name]) for name in names), _number(row["sharpness_80"], "{:.3g}"))
        for _, row in scores.sort_values("lead_days").iterrows()
    ]
    columns = [*(f"{share} % interval covers" for share in INTERVALS), "80 %, on the worst tenth of days"]
    return _table(["lead, days", *columns, f"width of the 80 %, {unit}"], rows)


def _warnings(cuts: WarningCuts) -> str:
    if not cuts.cuts:
        return "This model gives no warnings."
    rows = [
        (
            *(str(count) for count in (cut.threshold, cut.lead_days)),
            f"{cut.cut:.2f} ({cut.basis})",
            f"{cut.cost_of_miss:g}",
            *(f"{count:,}" for count in (cut.events, cut.hits, cut.misses, cut.false_alarms)),
            _number(cut.csi, "{:.2f}"),
        )
        for cut in cuts.cuts
    ]
    columns = ["AQI above", "lead, days", "warn from a chance of", "cost of a miss", "events", "hits", "misses"]
    return _table([*columns, "false alarms", "CSI"], rows)


def _weaknesses(champion: pd.DataFrame, unit: str) -> list[str]:
    """Where the champion's scores are worst."""
    overall = champion[champion["grouping"] == "all"].sort_values("lead_days")
    first = champion[champion["lead_days"] == overall["lead_days"].iloc[0]]
    return [
        *(_worst(first, grouping, unit) for grouping in ("season", "region") if _groups(first, grouping) > 1),
        f"On the tenth of days with the highest values the 80 % interval holds {_leads(overall, _worst_coverage)}.",
        f"Of days above an AQI of {EXCEEDANCE_AQI} the mean misses {_leads(overall, _missed)}.",
        _on_the_worst_level(first, unit),
        f"Skill against climatology, lead by lead: {_leads(overall, _beside_climatology)}.",
    ]


def _groups(scores: pd.DataFrame, grouping: str) -> int:
    return int((scores["grouping"] == grouping).sum())


def _worst(scores: pd.DataFrame, grouping: str, unit: str) -> str:
    """The group with the greatest CRPS beside the one with the least."""
    groups = scores[scores["grouping"] == grouping].sort_values("crps")
    least, most = groups.iloc[0], groups.iloc[-1]
    return (
        f"Worst {grouping} at lead {most['lead_days']}: {most['group']}, CRPS {most['crps']:.3g} {unit} on "
        f"{most['n']:,} forecasts, against {least['crps']:.3g} in {least['group']}."
    )


def _on_the_worst_level(scores: pd.DataFrame, unit: str) -> str:
    """How far off the mean is on days of the worst category seen."""
    levels = scores[scores["grouping"] == "level"].set_index("group")
    worst = levels.loc[[each.name for each in CATEGORIES if each.name in levels.index][-1]]
    side = "too low" if worst["bias"] < 0 else "too high"
    return (
        f"On days that turned out {worst.name}, the worst seen (n = {worst['n']:,}), the mean at lead "
        f"{worst['lead_days']} is {abs(worst['bias']):.3g} {unit} {side}."
    )


def _worst_coverage(row: pd.Series) -> str:
    return _percent(row["coverage_80_worst_tenth"])


def _missed(row: pd.Series) -> str:
    count = int(row["exceedances"])
    return f"{round((1 - row['pod']) * count):,} of {count:,}" if count else "0 of 0"


def _beside_climatology(row: pd.Series) -> str:
    return _number(row["skill_climatology"], "{:.2f}")


def _again(tags: Mapping[str, str]) -> str:
    as_of = f' --params "as_of={tags["as_of"]}"' if "as_of" in tags else ""
    return (
        "With the source and area above, the parameters of `conf/base/parameters/` and the same seed:\n\n"
        f"```\nkedro run --pipelines ingestion,feature_engineering,training{as_of}\n```\n\n"
        "The same data and code, by their hashes, give the same model."
    )


def _leads(scores: pd.DataFrame, tell: Callable[[pd.Series], str]) -> str:
    """What there is to tell of each lead: ``64 % (lead 1), 60 % (lead 2)``."""
    return ", ".join(f"{tell(row)} (lead {row['lead_days']})" for _, row in scores.iterrows())


def _percent(share: float) -> str:
    return _number(100 * share, "{:.1f} %")


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else form.format(value)


def _table(header: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
