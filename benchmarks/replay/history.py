"""The real history of a metro: its values and what the policy makes of them, and forecasts that saw no later day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from airwatch import schemas
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.domain.transforms import transform
from airwatch.features.table import build_features
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.nodes import choose_daily_values
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.feature_engineering.policy import COLUMNS
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.pipelines.training.backtest import CLIMATOLOGY, backtest, plan_windows
from airwatch.pipelines.training.examples import pair_examples
from airwatch.pipelines.training.params import TrainingParams
from benchmarks.skill.observations import PARTS

PARAMETERS = Path(__file__).resolve().parents[2] / "conf/base/parameters"
FORECASTER = "ridge"
LEAD = 1
FOLD_DAYS = 365
SEED = 20
LEAST_DAYS = 200  # that a site observed, to be in a metro


@dataclass(frozen=True)
class Metro:
    """A metro and the years of it that are replayed.

    Attributes:
        name: What the report calls it.
        cbsa_code: Of its sites; empty for all of the country.
        pollutant: A name of ``POLLUTANTS``; its limits and working unit.
        parameter_code: AQS code of the series.
        history_from: The first day that is read.
        first, last: Of the days that monitoring runs as of.
    """

    name: str
    cbsa_code: str
    pollutant: str
    parameter_code: str
    history_from: str
    first: str
    last: str

    @property
    def title(self) -> str:
        """As a line of the report begins."""
        return f"{self.name}, {POLLUTANTS[self.pollutant].label} ({self.parameter_code})"


# Limits were chosen elsewhere: see docs/monitoring.md. 88502 has eight years where 88101 has gaps.
METROS = (
    Metro("Los Angeles", "31080", "pm25", "88101", "2009-01-01", "2014-01-07", "2021-12-28"),
    Metro("Los Angeles", "31080", "ozone", "44201", "2010-01-01", "2014-01-07", "2021-12-28"),
    Metro("Seattle", "42660", "pm25", "88502", "2014-01-01", "2017-01-03", "2021-12-28"),
    Metro("Houston", "26420", "pm25", "88502", "2014-01-01", "2017-01-03", "2021-12-28"),
)


@dataclass(frozen=True)
class History:
    """What a metro observed.

    Attributes:
        metro: Which.
        values: ``site_id``, ``pollutant``, ``date_local``, ``value`` and ``poc``: one for each site and day, of the POC
            with the most days at the site where it reported.
        sites: Where they were made.
    """

    metro: Metro
    values: pd.DataFrame
    sites: pd.DataFrame

    @classmethod
    def read(cls, path: Path, metro: Metro, least_days: int = LEAST_DAYS) -> History:
        """Read a metro from a parquet file of daily values with AQS field names.

        Args:
            path: The file.
            metro: Which.
            least_days: That a site must have observed.

        Raises:
            ValueError: The file holds nothing of it.
        """
        column = POLLUTANTS[metro.pollutant].value_column
        wanted = [("parameter_code", "==", metro.parameter_code)]
        wanted += [("cbsa_code", "==", metro.cbsa_code)] if metro.cbsa_code else []
        columns = [*PARTS, "poc", "date_local", "latitude", "longitude", column]
        rows = pd.read_parquet(path, columns=columns, filters=wanted).rename(columns={column: "value"})
        state, county, site = (rows[part].astype("str") for part in PARTS)
        rows = rows.drop(columns=PARTS).assign(site_id=state + "-" + county + "-" + site)
        rows["date_local"] = pd.to_datetime(rows["date_local"]).astype("datetime64[us]")
        rows = rows.dropna(subset="value")[lambda kept: kept["date_local"] >= pd.Timestamp(metro.history_from)]
        rows = rows[rows.groupby("site_id")["value"].transform("size") >= least_days]
        if rows.empty:
            raise ValueError(f"{path.name} has no site of {metro.title} with {least_days} days. Name another file.")
        rows = rows.assign(pollutant=metro.pollutant, days=rows.groupby(["site_id", "poc"])["value"].transform("size"))
        ordered = rows.sort_values(["site_id", "date_local", "days", "poc"], ascending=[True, True, False, True])
        kept = ordered.drop_duplicates(["site_id", "date_local"]).reset_index(drop=True)
        sites = kept.groupby("site_id", as_index=False)[["latitude", "longitude"]].first()
        gaps = kept.groupby("site_id")["date_local"].agg(lambda days: days.diff().dt.days.median())
        given = {"pollutant": metro.pollutant, "in_area": True, "state": "", "cadence_days": gaps.to_numpy()}
        return cls(metro, kept[["site_id", "pollutant", "date_local", "value", "poc"]], sites.assign(**given))

    @property
    def name(self) -> str:
        """The pollutant."""
        return self.metro.pollutant

    def run(self, as_of: pd.Timestamp) -> RunParams:
        """The parameters of a run as of a day."""
        given = {
            "source": "airdata",
            "area": {"cbsa": self.metro.cbsa_code} if self.metro.cbsa_code else {"nation": "us"},
            "neighbourhood_km": 0,
            "pollutants": [self.name],
            "as_of": as_of.date(),
            "horizon_days": LEAD,
            "model_version": "champion",
            "requests_per_minute": 10,
            "engine": "local",
            "seed": SEED,
        }
        return RunParams.model_validate(given)

    @cached_property
    def observations(self) -> pd.DataFrame:
        """``daily_observations``."""
        return self.chosen(self.summaries(self.values))

    def summaries(self, values: pd.DataFrame) -> pd.DataFrame:
        """Values as ``daily_summaries``: whole days, so that of all that the policy asks plausibility alone decides."""
        named = POLLUTANTS[self.name]
        given = {
            "sample_duration_code": named.durations[0],
            "pollutant_standard": named.standards[0],
            "event_type": "No Events",
            "validity_indicator": "Y",
            "observation_percent": 100.0,
            "source": "aqs",
        }
        return values.rename(columns={"value": named.value_column}).assign(**given).reindex(columns=COLUMNS)

    def chosen(self, summaries: pd.DataFrame) -> pd.DataFrame:
        """What feature engineering makes of summaries: ``daily_observations`` of all days."""
        run = self.run(summaries["date_local"].max())
        table, _ = choose_daily_values(summaries, schemas.empty("Monitors"), run, policy())
        return table.read()

    @cached_property
    def features(self) -> pd.DataFrame:
        """The feature table of all days; each row knows its origin's past alone."""
        last = self.observations["date_local"].max()
        return build_features(self.observations, self.sites, self.run(last), policy().features)

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Of the feature table what monitoring compares."""
        return self.features[["site_id", "pollutant", "origin_date", *monitoring().drift.columns]]

    @cached_property
    def forecasts(self) -> pd.DataFrame:
        """Forecasts of the next day beside what was observed, by a model refitted each year on the days before."""
        group = _group("training")
        kept = {
            name: given if name in (FORECASTER, CLIMATOLOGY) else None for name, given in group["candidates"].items()
        }
        years = (self.observations["date_local"].max() - self.observations["date_local"].min()).days // FOLD_DAYS
        windows = group["backtest"] | {"folds": max(years - 2, 1), "fold_days": FOLD_DAYS, "judged_share": 1.0}
        params = TrainingParams.model_validate(group | {"candidates": kept, "backtest": windows})
        last, unit = self.observations["date_local"].max(), transform(policy().features.transforms[self.name])
        examples = pair_examples(self.features, self.observations, self.name, last, LEAD, unit)
        made, _ = backtest(examples, plan_windows(examples, params.backtest), params, SEED)
        return made[made["candidate"] == FORECASTER].reset_index(drop=True)


def policy() -> FeatureEngineeringParams:
    """The project's feature engineering."""
    return FeatureEngineeringParams.model_validate(_group("feature_engineering"))


def monitoring() -> MonitoringParams:
    """The project's monitoring, without pages."""
    return MonitoringParams.model_validate(_group("monitoring") | {"pages": "none"})


def _group(name: str) -> dict[str, Any]:
    group: dict[str, Any] = yaml.safe_load((PARAMETERS / f"{name}.yml").read_text())[name]
    return group
