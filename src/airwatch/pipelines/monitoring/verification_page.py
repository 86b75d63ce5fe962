"""The page of verification: how good the forecasts were, and the last weeks of them beside what happened."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.pages import render
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.drawings import Chances, Weeks
from airwatch.pipelines.monitoring.page import heading
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.pipelines.monitoring.skill_chart import skill_charts
from airwatch.pipelines.monitoring.verification import ALL_YEAR, EVER, EVERYWHERE, overall, recent_window
from airwatch.pipelines.monitoring.wording import share, signed, signed_share
from airwatch.scores import BRIER_AQI, SEASONS

logger = logging.getLogger(__name__)

DAYS_SHOWN = 28
MOST_SITES = 12  # of a pollutant whose last weeks are drawn
MOST_REVISED = 50
WORDS = {"airwatch": "AirWatch", "epa": "EPA's agencies", "persistence": "persistence"}
Cells = list[dict[str, Any]]


def write_verification(
    verification: pd.DataFrame,
    verified_chances: pd.DataFrame,
    epa_verification: pd.DataFrame,
    revised_observations: pd.DataFrame,
    matured_forecasts: pd.DataFrame,
    sites: pd.DataFrame,
    run: RunParams,
    params: MonitoringParams,
) -> str:
    """Write the page; it needs nothing but itself, and says how many forecasts each number is of.

    Args:
        verification: Scores.
        verified_chances: What happened, by the chance that was given.
        epa_verification: Our forecasts beside those of EPA's agencies; may be empty.
        revised_observations: May be empty.
        matured_forecasts: The last weeks of these are drawn.
        sites: Names of the sites.
        run: ``as_of``, source, area and pollutants.
        params: The recent window, and the lead that seasons and regions are shown of.
    """
    pollutants = [name for name in run.pollutants if (verification["pollutant"] == name).any()]
    lead = params.decision.lead_days
    logger.info("Verification page: %s", ", ".join(pollutants) or "nothing has matured yet")
    return render(
        "verification.html",
        **heading("AirWatch: verification", "Verification of the forecasts that have matured", run),
        covered=[_covered(overall(verification), name) for name in pollutants],
        charts=skill_charts(verification, run),
        chances=list(_chances(verified_chances, pollutants)),
        tables=[
            _by_lead(verification, name, window) for name in pollutants for window in (EVER, recent_window(params))
        ],
        groups=[_by_season_and_region(verification, name, lead) for name in pollutants],
        lead=lead,
        beside_epa=[_beside_epa(epa_verification, name) for name in pollutants if _has(epa_verification, name)],
        weeks={POLLUTANTS[name].label: _weeks(matured_forecasts, name, sites) for name in pollutants},
        days_shown=DAYS_SHOWN,
        revised=_revised(revised_observations, sites),
        revised_count=len(revised_observations),
    )


def _has(table: pd.DataFrame, name: str) -> bool:
    return bool((table["pollutant"] == name).any())


def _covered(scores: pd.DataFrame, name: str) -> dict[str, Any]:
    """What there is of a pollutant, in a sentence."""
    its = scores[scores["pollutant"] == name]
    return {
        "label": POLLUTANTS[name].label,
        "n": f"{its['n'].sum():,}",
        "kinds": " and ".join(its["kind"].iloc[0].split("+")),
        "first": f"{its['first_target'].min():%F}",
        "last": f"{its['last_target'].max():%F}",
        "provisional": f"{its['n_provisional'].sum():,}" if its["n_provisional"].any() else "",
    }


def _chances(verified: pd.DataFrame, pollutants: list[str]) -> Iterator[Chances]:
    """A drawing for each pollutant and threshold that was passed at all, or given a chance of a tenth or more."""
    for name in pollutants:
        for aqi in BRIER_AQI:
            rows = verified[(verified["pollutant"] == name) & (verified["aqi"] == aqi)]
            if ((rows["observed_share"] > 0) | (rows["chance_low"] > 0)).any():
                yield Chances(rows, name, aqi)


def _by_lead(verification: pd.DataFrame, name: str, window: str) -> dict[str, Any]:
    """The scores of a pollutant, lead by lead."""
    rows = overall(verification, window)
    rows = rows[rows["pollutant"] == name].sort_values("lead_days")
    whole = "" if window == EVER else f", the last {window.split('_')[1]} days"
    return {
        "title": f"{POLLUTANTS[name].label}, by days ahead{whole}",
        "unit": POLLUTANTS[name].unit,
        "first": "Days ahead",
        "rows": [{"name": str(row["lead_days"]), **_cells(row)} for row in rows.to_dict("records")],
    }


def _by_season_and_region(verification: pd.DataFrame, name: str, lead: int) -> dict[str, Any]:
    """The scores of a pollutant at one lead by season, and by region."""
    its = verification[
        (verification["pollutant"] == name) & (verification["lead_days"] == lead) & (verification["window"] == EVER)
    ]
    seasons = its[(its["region"] == EVERYWHERE) & (its["season"] != ALL_YEAR)]
    seasons = seasons.sort_values("season", key=lambda column: column.map(SEASONS.index))
    regions = its[(its["region"] != EVERYWHERE) & (its["season"] == ALL_YEAR)].sort_values("region")
    named = [(row["season"].capitalize(), row) for row in seasons.to_dict("records")]
    named += [(row["region"], row) for row in regions.to_dict("records")]
    return {
        "title": f"{POLLUTANTS[name].label}, by season and by state, {lead} day{'s' * (lead > 1)} ahead",
        "unit": POLLUTANTS[name].unit,
        "first": "Season or state",
        "rows": [{"name": word, **_cells(row)} for word, row in named],
    }


def _cells(row: dict[Any, Any]) -> dict[str, str]:
    """The scores of a group as the page shows them."""
    return {
        "n": f"{row['n']:,}",
        **{score: _number(row[score]) for score in ("rmse", "mae", "bias", "crps", "sharpness_80")},
        **{score: _share(row[score]) for score in ("nme", "coverage_50", "coverage_80", "coverage_90")},
        **{score: _share(row[score]) for score in ("pod", "far", "csi", "category_hit", "category_near")},
        "nmb": signed_share(row["nmb"]) if math.isfinite(row["nmb"]) else "–",
        "r": f"{row['r']:.2f}" if math.isfinite(row["r"]) else "–",
        **{score: f"{row[score]:,}" for score in ("exceedances", "hits", "false_alarms")},
        **{reference: _skill(row, f"skill_{reference}") for reference in ("persistence", "climatology")},
    }


def _skill(row: dict[Any, Any], score: str) -> str:
    """A skill with its interval."""
    if not math.isfinite(row[score]):
        return "–"
    ends = row[f"{score}_low"], row[f"{score}_high"]
    interval = f" ({signed(ends[0])} to {signed(ends[1])})" if all(map(math.isfinite, ends)) else ""
    return f"{signed(row[score])}{interval}"


def _beside_epa(table: pd.DataFrame, name: str) -> dict[str, Any]:
    """The scores of the three forecasters of a pollutant, lead by lead."""
    rows = table[table["pollutant"] == name].to_dict("records")
    return {
        "title": f"{POLLUTANTS[name].label}, beside EPA's agencies, AQI",
        "rows": [
            {
                "lead": row["lead_days"],
                "who": WORDS[row["forecaster"]],
                **{count: f"{row[count]:,}" for count in ("n", "exceedances", "hits", "false_alarms")},
                **{score: _number(row[score]) for score in ("mae_aqi", "rmse_aqi", "bias_aqi")},
                **{score: _share(row[score]) for score in ("category_hit", "category_near", "csi")},
            }
            for row in rows
        ],
    }


def _weeks(matured: pd.DataFrame, name: str, sites: pd.DataFrame) -> list[Weeks]:
    """The last weeks of the sites that had the worst days in them, each day by its newest forecast."""
    its = matured[(matured["pollutant"] == name) & (matured["kind"] != "backtest")]
    if its.empty:
        return []
    last = its["target_date"].max()
    days = last - pd.Timedelta(days=DAYS_SHOWN - 1), last
    its = its[its["target_date"] >= days[0]].sort_values(["site_id", "target_date", "lead_days"])
    newest = its.drop_duplicates(["site_id", "target_date"])
    worst = newest.groupby("site_id")["observed"].max().nlargest(MOST_SITES).index
    names = sites.drop_duplicates("site_id").set_index("site_id")["name"].to_dict()
    return [Weeks(newest[newest["site_id"] == site], names.get(site, ""), name, days) for site in worst]


def _revised(table: pd.DataFrame, sites: pd.DataFrame) -> Cells:
    """The observations that were revised last."""
    names = sites.drop_duplicates("site_id").set_index("site_id")["name"].to_dict()
    last = table.sort_values("revised", ascending=False, kind="stable").head(MOST_REVISED)
    return [
        {
            "site": f"{row['site_id']} {names.get(row['site_id'], '')}".strip(),
            "label": POLLUTANTS[row["pollutant"]].label,
            "unit": POLLUTANTS[row["pollutant"]].unit,
            **{day: f"{row[day]:%F}" for day in ("date_local", "first_verified", "revised")},
            "first": _number(row["first_value"]),
            "value": _number(row["value"]) if math.isfinite(row["value"]) else "withdrawn",
        }
        for row in last.to_dict("records")
    ]


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"


def _share(value: float) -> str:
    return share(value) if math.isfinite(value) else "–"
