"""The node that brings all tests of drift together: table ``drift``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pandas as pd

from airwatch import schemas
from airwatch.domain.transforms import transform
from airwatch.parameters import RunParams
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.monitoring.changes.at_sites import watch_sites
from airwatch.pipelines.monitoring.changes.days import Days
from airwatch.pipelines.monitoring.changes.finding import AREA, Tested
from airwatch.pipelines.monitoring.changes.in_errors import ERROR_KEY, watch_errors
from airwatch.pipelines.monitoring.changes.in_network import watch_network
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.tables import AnyTable

logger = logging.getLogger(__name__)

KEY = ["pollutant", "kind", "scope", "test"]
_FORECAST = [*ERROR_KEY, "origin_date", "q10", "q50", "q90", "observed"]


def find_drift(
    daily_observations: AnyTable,
    sites: pd.DataFrame,
    smoke_days: pd.DataFrame,
    matured_forecasts: pd.DataFrame,
    backtest_forecasts: pd.DataFrame,
    drift_report: dict[str, Any],
    run: RunParams,
    params: MonitoringParams,
    policy: FeatureEngineeringParams,
) -> pd.DataFrame:
    """Test inputs, sites and residuals of each pollutant for changes that last.

    Three kinds, kept apart, for they ask for different things. ``site``: how a site stands to its neighbours has
    changed (``level``), or its dates are not theirs (``calendar``) or not those of its schedule (``schedule``): look at
    the instrument. ``input``: the features differ from the same weeks of earlier years (``features``), or the dates of
    the whole network have moved (``repeated``, ``schedule``, ``weekday``). ``residual``: forecasts err to one side
    (``bias``), in the area, a state or at a site: the model. Days of smoke count in none.

    Args:
        daily_observations: One value for each site, pollutant and day; days after ``as_of`` are left alone.
        sites: Positions and states.
        smoke_days: Site-days of smoke.
        matured_forecasts: Forecasts beside what was observed.
        backtest_forecasts: The champion's errors in training stand in for days that no matured forecast has.
        drift_report: The comparison of features with the same weeks of earlier years.
        run: ``as_of`` and pollutants.
        params: Windows, least changes and run lengths, ``changes``.
        policy: The working unit of each pollutant.

    Returns:
        ``Drift``, a row for each test, also of those that found nothing (``since`` missing) or could not be made
        (``statistic`` missing, with the reason as ``note``). Sums of ``level`` and ``bias`` are multiples of their
        limit, negative where readings or errors went down.
    """
    last, rows = pd.Timestamp(run.as_of), []
    champion = backtest_forecasts[backtest_forecasts["champion"].astype(bool)]
    for name in run.pollutants:
        working = transform(policy.features.transforms[name])
        days = Days.of(name, daily_observations, sites, smoke_days, last, params.changes.history_days, working)
        found = [_of_features(drift_report["pollutants"][name], params)]
        found += _of_observations(days, last, params)
        forecasts = _of_lead(name, matured_forecasts, champion, params)
        states = sites[sites["pollutant"] == name].set_index("site_id")["state"]
        found += watch_errors(name, forecasts, smoke_days, states, last, working, params)
        rows += list(_rows(name, found))
        logger.info("Drift of %s: %d of %d tests", name, sum(test.drifted for test in found), len(found))
    table = pd.DataFrame(rows).astype({"since": "datetime64[us]"})
    return table.sort_values(KEY, ignore_index=True)[list(schemas.empty("Drift").columns)]


def _of_observations(days: Days | None, last: pd.Timestamp, params: MonitoringParams) -> list[Tested]:
    """The tests of sites and network; of a pollutant that is not observed any more, or not yet, that it is not."""
    if days is None:
        return [Tested("site", AREA, "level", float("nan"), 1.0, None, "Not judged: no observation.")]
    newest = days.day(days.values.shape[1] - 1)
    if newest <= last - pd.Timedelta(days=params.changes.sequence_days):
        note = f"Not judged: nothing observed since {newest:%Y-%m-%d}."
        return [Tested("site", AREA, "level", float("nan"), 1.0, None, note)]
    return [*watch_sites(days, params.changes), *watch_network(days, params.changes)]


def _of_features(report: dict[str, Any], params: MonitoringParams) -> Tested:
    """What the comparison of features found."""
    limit, share = params.drift.max_share_drifted, report["share_drifted"]
    if share is None:
        return Tested("input", AREA, "features", float("nan"), limit, None, f"Not judged: {report['reason_not']}.")
    drifted = [column for column, found in report["columns"].items() if found["drifted"]]
    since = pd.Timestamp(report["first_day"]) if share > limit else None
    note = f"Differ from the same weeks of earlier years: {', '.join(drifted)}." if drifted else ""
    return Tested("input", AREA, "features", float(share), limit, since, note)


def _of_lead(pollutant: str, matured: pd.DataFrame, champion: pd.DataFrame, params: MonitoringParams) -> pd.DataFrame:
    """The forecasts of the lead that is judged, the newest of each site and day, issued ones first."""
    lead = params.decision.lead_days
    parts = [
        part.loc[(part["pollutant"] == pollutant) & (part["lead_days"] == lead), _FORECAST]
        for part in (matured, champion)
    ]
    joined = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return joined.dropna(subset="observed").drop_duplicates(ERROR_KEY, keep="first")


def _rows(pollutant: str, found: list[Tested]) -> Iterator[dict[str, Any]]:
    for test in found:
        yield {
            "pollutant": pollutant,
            "kind": test.kind,
            "scope": test.scope,
            "test": test.test,
            "statistic": test.statistic,
            "limit": test.limit,
            "drifted": test.drifted,
            "since": test.since if test.drifted else pd.NaT,
            "note": test.note,
        }
