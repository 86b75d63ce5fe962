"""The tables of the benchmark as Markdown and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from benchmarks.skill.evaluate import ALL_YEARS, Judged
from benchmarks.skill.split import Split

UNITS = {"ozone": (1000.0, "ppb")}
IN_UNITS = ["rmse", "crps", "width_80"]
SHOWN_LEADS = (1, 3, 7)
LIBRARIES = ("airwatch", "numpy", "pandas", "scikit-learn", "xgboost", "lightgbm", "mlforecast", "statsforecast")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, the score it shows, how, and whether at the shown leads or at the first."""

    title: str
    score: str
    form: str
    first_only: bool = False

    def cell(self, value: float) -> str:
        """The number as it stands in the table."""
        return self.form.format(value) if np.isfinite(value) else "–"


OVERVIEW = (
    Column("RMSE", "rmse", "{:.2f}"),
    Column("CRPS", "crps", "{:.3f}"),
    Column("50 % covers", "coverage_50", "{:.1%}"),
    Column("80 % covers", "coverage_80", "{:.1%}"),
    Column("90 % covers", "coverage_90", "{:.1%}"),
    Column("on the worst tenth, lead 1", "coverage_80_worst_tenth", "{:.1%}", first_only=True),
    Column("width of 80 %, lead 1", "width_80", "{:.2f}", first_only=True),
    Column("bias", "bias", "{:+.1%}"),
    Column("skill against persistence, lead 1", "skill_persistence", "{:.3f}", first_only=True),
)
EXCEEDANCE = (
    Column("Brier skill, AQI > 50", "brier_skill_50", "{:.3f}"),
    Column("Brier skill, AQI > 100", "brier_skill_100", "{:.3f}"),
    Column("CSI of warnings, AQI > 100", "csi_100", "{:.3f}"),
    Column("CSI of the mean, AQI > 100", "csi_100_mean", "{:.3f}"),
)
COUNTS = (
    Column("rows", "n", "{:,.0f}"),
    Column("sites", "sites", "{:,.0f}"),
    Column("origins", "origins", "{:,.0f}"),
    Column("AQI > 50", "above_50", "{:,.0f}"),
    Column("AQI > 100", "above_100", "{:,.0f}"),
)


@dataclass(frozen=True, slots=True)
class Results:
    """What one run of the benchmark found.

    Attributes:
        command: How to run it again.
        split: What was judged.
        judged: Rows and forecasts of the methods that forecast every test site.
        skill: ``skill_table`` of them.
        comparisons: ``comparison_table`` of AirWatch with the others; empty where it took no part.
        subset: ``skill_table`` on the rows of the methods that forecast some sites only; empty where there is none.
    """

    command: str
    split: Split
    judged: Judged
    skill: pd.DataFrame
    comparisons: pd.DataFrame
    subset: pd.DataFrame


def write_report(results: Results, folder: Path) -> list[Path]:
    """Write ``skill_<protocol>.md`` and the tables behind it as CSV; the paths of what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"skill_{results.split.protocol}"
    paths = [folder / f"{stem}.md"]
    paths[0].write_text(markdown(results), encoding="utf-8")
    tables = {"": results.skill, "_comparisons": results.comparisons, "_subset": results.subset}
    for suffix, table in tables.items():
        if len(table):
            paths.append(folder / f"{stem}{suffix}.csv")
            table.to_csv(paths[-1], index=False, float_format="%.6g")
    return paths


def markdown(results: Results) -> str:
    """The report, a table a heading."""
    pollutant = POLLUTANTS[results.split.pollutant].label
    skill = _in_units(results.skill, results.split.pollutant)
    everything = skill[skill["year"] == ALL_YEARS]
    years = skill[skill["year"] != ALL_YEARS]
    parts = [f"# Skill of the forecasts of {pollutant}: AirWatch and its peers", _about(results)]
    parts += ["## All origins", _leads_note(), _table(everything, ["method"], OVERVIEW)]
    parts += ["## Exceedances", _table(everything, ["method"], EXCEEDANCE)]
    parts += ["## Counts", _table(everything.drop_duplicates("lead_days"), [], COUNTS)]
    parts += ["## Each year apart", _table(years, ["year", "method"], OVERVIEW[:-1])]
    parts += ["## Every lead", _by_lead(everything)]
    if len(results.comparisons):
        parts += ["## AirWatch against each peer", _comparisons(results.comparisons)]
    if len(results.subset):
        some = _in_units(results.subset, results.split.pollutant)
        some = some[some["year"] == ALL_YEARS]
        parts += ["## On the sites of AutoETS", _table(some, ["method"], (*OVERVIEW, *COUNTS[:2]))]
    return "\n\n".join(parts) + "\n"


def _about(results: Results) -> str:
    """What was judged, on what and with what."""
    split, rows = results.split, results.judged.rows
    unit = UNITS.get(split.pollutant, (1.0, POLLUTANTS[split.pollutant].unit))[1]
    rule = f"with {split.near_daily} observed days in the year of the origin" if split.near_daily else "on all days"
    return "\n".join(
        [
            f"`{results.command}`",
            "",
            f"- Protocol `{split.protocol}`: {rows['site_id'].nunique()} sites {rule}, origins from "
            f"{rows['origin_date'].min().date()} to {rows['origin_date'].max().date()}, {len(rows):,} rows where "
            "origin and target were observed, the same for every method.",
            f"- Trained once on all sites to {split.train_until.date()}, the past of these sites included. Peers are "
            "fitted to a year earlier for the residual quantiles and the cut of the warnings, then again on all.",
            "- One value for each site and day: that of the POC with the most days at the site, the smallest number "
            "among equals, filled by the next.",
            f"- RMSE, CRPS and widths in {unit}. CRPS is twice the mean pinball loss over seven quantiles; skill is "
            "one minus the ratio of mean squared errors; the worst tenth is taken by observation, by lead; a Brier "
            "skill is against the share of exceedances among the same rows; bias is of the sum of observations.",
            f"- Rows forecast, of those that could be scored: {_shares(results.judged)}.",
            f"- {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
        ]
    )


def _shares(judged: Judged) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in judged.shares.items())


def _leads_note() -> str:
    return f"Leads of {' / '.join(map(str, SHOWN_LEADS))} days where three numbers stand together."


def _in_units(table: pd.DataFrame, pollutant: str) -> pd.DataFrame:
    """The scores in the unit that people read."""
    return table.assign(**{name: table[name] * UNITS.get(pollutant, (1.0, ""))[0] for name in IN_UNITS})


def _table(skill: pd.DataFrame, keys: list[str], columns: Sequence[Column]) -> str:
    """One line for each method (and year), the shown leads side by side."""
    leads = [lead for lead in SHOWN_LEADS if (skill["lead_days"] == lead).any()]
    groups = skill.groupby(keys, sort=False) if keys else [((), skill)]
    lines = []
    for key, group in groups:
        by_lead = group.set_index("lead_days")
        cells = [
            " / ".join(column.cell(by_lead[column.score][lead]) for lead in leads[: 1 if column.first_only else None])
            for column in columns
        ]
        lines.append([*map(str, key), *cells])
    return _lines([*keys, *(column.title for column in columns)], lines)


def _by_lead(skill: pd.DataFrame) -> str:
    """One line for each method and lead."""
    columns = [*OVERVIEW, *EXCEEDANCE]
    lines = [
        [row["method"], str(row["lead_days"]), *(column.cell(row[column.score]) for column in columns)]
        for row in skill.to_dict("records")
    ]
    return _lines(["method", "lead", *(column.title.removesuffix(", lead 1") for column in columns)], lines)


def _comparisons(table: pd.DataFrame) -> str:
    """Diebold-Mariano at every lead: by how much AirWatch's mean loss differs, and the p-value of a difference."""
    lines = []
    for (loss, against), group in table.groupby(["loss", "against"], sort=True):
        cells = [f"{row['change']:+.1%} (p {_p(row['p_value'])})" for row in group.to_dict("records")]
        lines.append([str(loss).replace("_", " "), str(against), *cells])
    leads = [f"lead {lead}" for lead in sorted(table["lead_days"].unique())]
    return _lines(["loss", "against", *leads], lines)


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _lines(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(titles)} |", "|---" * len(titles) + "|", *body])
