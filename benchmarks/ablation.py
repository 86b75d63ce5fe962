"""What each family of features is worth: the errors of a linear forecast without it.

    python -m benchmarks.ablation ../shared/data/panel/panel_daily.parquet

The file holds one row for each site, parameter, POC and day, in AQS field names: state_code, county_code,
site_number, parameter_code, poc, date_local, latitude, longitude, arithmetic_mean. The sites and the years of the
test are never looked at: neither forecast, nor learned from, nor neighbours.
"""

from __future__ import annotations

import argparse
import logging
import re
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from airwatch.domain.transforms import transform
from airwatch.features.spec import FeatureSpec
from airwatch.features.table import build_features
from airwatch.forecasting.calibrated import HIGHEST_OF_TRAINING
from airwatch.forecasting.calibration import ResidualDistribution
from airwatch.forecasting.design import KEYS, model_columns
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.ranks import Levels
from airwatch.forecasting.spread import LocalSpread
from airwatch.forecasting.terms import LinearTerms
from airwatch.pipelines.training.examples import DAY, Examples, pair_examples
from airwatch.scores import crps_rows, diebold_mariano
from benchmarks.skill.observations import read_observations
from benchmarks.skill.split import HORIZON_DAYS, NEAR_DAILY, is_test_site

POLLUTANT = "pm25"
LAST_YEAR = 2019
LEADS = np.array([1, 3, 7])
LEARN_EVERY_DAYS = 2  # two days running tell almost the same, and cost twice the time
NOISE = 0.05
PRODUCTS = "products of the linear terms"
EVERYTHING = "everything from other sites"
# Regular expressions of whole column names.
FAMILIES = {
    "lags beyond the newest": r"value_lag_(?!00).*",
    "trailing means": r"value_mean_.*",
    "usual level": "level",
    "spread": r"spread_\d+",
    "step": r"step_\d+",
    "spread of the near sites": "near_spread_00",
    "history and missing days": r"history_days|missing_\d+",
    EVERYTHING: r"value_neighbours_00|near_spread_00|(sector|far|region|network|smoke_share)_.*",
    "neighbours within 100 km": "value_neighbours_00",
    "sectors": r"sector_\w+_00",
    "change of the sectors": r"sector_\w+_change",
    "far sectors": r"far_.*",
    "region": r"region_.*",
    "network": "network_00",
    "smoke share": "smoke_share_00",
    "season": r"doy_.*",
    "second harmonic of the season": r"doy_\w+_2",
    "weekday": r"weekday_.*",
    "holidays and fireworks": r"(holiday|fireworks)_.*",
    "place": "latitude|longitude",
}
ROOT = Path(__file__).resolve().parents[1]
REPORT = Path("benchmarks/results/ablation.md")
logger = logging.getLogger("benchmarks.ablation")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fold:
    """Learn from the years of ``learn``, forecast from every day of ``judge``."""

    learn: tuple[int, ...]
    judge: int


FOLDS = (Fold((2014, 2015, 2016, 2017, 2018), 2019), Fold((2014, 2015, 2016, 2017, 2019), 2018))


@dataclass(frozen=True, slots=True)
class DevelopmentRun:
    """The parameters of a run that features depend on."""

    pollutants: tuple[str, ...] = (POLLUTANT,)
    as_of: date = date(LAST_YEAR, 12, 31)
    horizon_days: int = HORIZON_DAYS


@dataclass(frozen=True, slots=True)
class Losses:
    """What a forecast lost on each row at ``LEADS`` [n, 3], NaN where the target was not observed.

    Attributes:
        squared: Squared error of the mean.
        crps: CRPS of the seven quantiles.
        days: Origin of each row [n].
    """

    squared: Floats
    crps: Floats
    days: NDArray[np.datetime64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every family on both folds, print the table and keep it."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logger.setLevel(logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__)
    parser.add_argument("data", type=Path, help="parquet file of daily values")
    parser.add_argument("--out", type=Path, default=ROOT / REPORT, help=f"the report; default: {REPORT}")
    given = parser.parse_args(arguments)
    examples = development_examples(*read_observations(given.data, POLLUTANT))
    text = report([(fold, ablate(*rows_of(examples, fold))) for fold in FOLDS], given.data.name)
    print(text)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(text, encoding="utf-8")


def development_examples(observations: pd.DataFrame, sites: pd.DataFrame) -> Examples:
    """The examples of the sites that are not kept for the test, up to the last day of 2019.

    Args:
        observations: ``site_id``, ``date_local``, ``value`` (µg/m³).
        sites: ``site_id``, ``latitude``, ``longitude``.
    """
    run, kept = DevelopmentRun(), ~observations["site_id"].map(is_test_site)
    known = observations[kept & (observations["date_local"] <= pd.Timestamp(run.as_of))].assign(pollutant=POLLUTANT)
    group = yaml.safe_load((ROOT / "conf/base/parameters/feature_engineering.yml").read_text())["feature_engineering"]
    spec = FeatureSpec.model_validate(group["features"])
    features = build_features(known, sites, run, spec)
    unit = transform(spec.transforms[POLLUTANT])
    return pair_examples(
        features[[*KEYS, *model_columns(features)]], known, POLLUTANT, pd.Timestamp(run.as_of), HORIZON_DAYS, unit
    )


def rows_of(examples: Examples, fold: Fold) -> tuple[Examples, Examples]:
    """What a fold learns from, and what it is judged on.

    Learned are origins of its years, no target of which lies in the year of the judgement. Judged are origins of that
    year that were observed at sites with 250 observed days in it, as far as their targets lie in it too.
    """
    origins, first = examples.origins, np.datetime64(f"{fold.judge}-01-01", "D")
    end = np.datetime64(f"{fold.judge + 1}-01-01", "D")
    year, reach = origins.astype("datetime64[Y]").astype(int) + 1970, origins + HORIZON_DAYS * DAY
    apart = (reach < first) | (origins >= end)
    thinned = (origins.astype(int) % LEARN_EVERY_DAYS) == 0
    learn = np.isin(year, fold.learn) & apart & thinned & examples.observed
    here = (origins >= first) & (reach < end) & examples.features["value_lag_00"].notna().to_numpy()
    seen = examples.features["value_lag_00"].notna() & (year == fold.judge)
    days = seen.groupby(examples.features["site_id"]).transform("sum").to_numpy()
    return examples.where(learn), examples.where(here & (days >= NEAR_DAILY))


def ablate(learn: Examples, judge: Examples) -> dict[str | None, Losses]:
    """The losses with all columns (under None), and without each family."""
    found: dict[str | None, Losses] = {}
    for name in (None, *FAMILIES, PRODUCTS):
        began = time.perf_counter()
        with without_products() if name == PRODUCTS else nullcontext():
            found[name] = losses(learn, judge, kept_columns(learn.features, name))
        logger.info("without %s: %.0f s", name or "nothing", time.perf_counter() - began)
    return found


def kept_columns(features: pd.DataFrame, family: str | None) -> list[str]:
    """The columns that models learn from, but those of the family."""
    pattern = re.compile(FAMILIES.get(family or "", r"(?!)"))
    return [name for name in model_columns(features) if not pattern.fullmatch(name)]


def without_products() -> AbstractContextManager[object]:
    """While it lasts, linear models have the columns alone: the products are no setting of theirs."""
    return patch.object(LinearTerms, "_products", lambda terms, matrix: iter(()))


def losses(learn: Examples, judge: Examples, columns: Sequence[str]) -> Losses:
    """What a ridge on those columns loses, with the spread and the residuals of the rows that it learned from."""
    told, asked, unit = learn.features[list(columns)], judge.features[list(columns)], learn.unit
    targets_t = unit.forward(learn.targets)
    ridge = RidgeByLead(unit).fit(told, targets_t)
    spread = LocalSpread.fit(ridge, told, targets_t)
    # A few coefficients on many rows: what they leave over there is hardly less than elsewhere.
    at, residuals = LEADS - 1, (targets_t - ridge.predict(told)) / spread.predict(told)
    errors = ResidualDistribution.fit(residuals[:, at], centred=True)
    expected, size = ridge.predict(asked)[:, at], spread.predict(asked)[:, at]
    levels, observed = Levels.unbent(len(asked), len(at)), judge.targets[:, at]
    mean = errors.mean(expected, size, unit, HIGHEST_OF_TRAINING * float(np.nanmax(learn.targets)))
    quantiles = unit.inverse(expected[:, :, np.newaxis] + size[:, :, np.newaxis] * errors.quantiles(levels))
    crps = [crps_rows(np.maximum(quantiles[:, i], 0.0), observed[:, i]) for i in range(len(at))]
    return Losses((mean - observed) ** 2, np.column_stack(crps), judge.origins)


def report(measured: Sequence[tuple[Fold, dict[str | None, Losses]]], source: str) -> str:
    """The table of each fold, under a heading."""
    parts = [f"# What each family of features is worth\n\n{_about(source)}"]
    for fold, found in measured:
        rows = [_row(name or "nothing", without, found[None]) for name, without in found.items()]
        titles = ["without", *(f"{score}, lead {lead}" for score in ("RMSE", "CRPS") for lead in LEADS)]
        table = ["| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles), *rows)]
        parts.append(f"## Origins of {fold.judge}\n\n{_on_what(fold, found[None])}\n\n" + "\n".join(table))
    return "\n\n".join(parts) + "\n"


def _about(source: str) -> str:
    return (
        f"PM2.5 of {source}, sites and years of the test left out. A ridge with its local spread and the residuals of "
        f"its training, refitted without the columns of a family; it learns from one day in {LEARN_EVERY_DAYS}. The "
        "first row is the error with all columns, µg/m³; the others by how many percent it grows without the family. "
        f"In bold what differs by more than noise (Diebold and Mariano's test, p < {NOISE}), each number by itself. "
        "Made by `make ablation`."
    )


def _on_what(fold: Fold, base: Losses) -> str:
    known = np.isfinite(base.squared).sum(axis=0)
    rows = ", ".join(f"{count:,}" for count in known)
    backwards = [str(year) for year in fold.learn if year > fold.judge]
    note = f" {', '.join(backwards)} lies after the days that are forecast: of use for comparing, not for claiming."
    learned, leads = (", ".join(map(str, numbers)) for numbers in (fold.learn, LEADS))
    return f"Learned from {learned}; judged on {rows} rows at leads {leads}.{note if backwards else ''}"


def _row(name: str, without: Losses, base: Losses) -> list[str]:
    """The cells of a family; those of the first row are the errors themselves."""
    cells = [name]
    for own, full, root in ((without.squared, base.squared, True), (without.crps, base.crps, False)):
        for i in range(len(LEADS)):
            error, other = np.nanmean(own[:, i]), np.nanmean(full[:, i])
            error, other = (np.sqrt(error), np.sqrt(other)) if root else (error, other)
            if without is base:
                cells.append(f"{error:.3f}")
                continue
            cell = f"{100 * (error / other - 1):+.2f}"
            sure = diebold_mariano(own[:, i], full[:, i], base.days).p_value < NOISE
            cells.append(f"**{cell}**" if sure else cell)
    return cells


if __name__ == "__main__":
    main()
