"""Our forecasts beside those of the agencies (AirNow), as AQI and category, on the same days and sites."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch import schemas
from airwatch.domain.aqi import aqi_of, breakpoints
from airwatch.domain.categories import CATEGORIES
from airwatch.pipelines.monitoring.epa import epa_reference
from airwatch.scores import EXCEEDANCE_AQI, csi, far, mae, mean_bias, pod, rmse

logger = logging.getLogger(__name__)

AIRWATCH, EPA, PERSISTENCE = "airwatch", "epa", "persistence"
KEY = ["site_id", "pollutant", "target_date", "lead_days"]
NAMES = [each.name for each in CATEGORIES]
Numbers = NDArray[np.float64]


def verify_beside_epa(
    matured_forecasts: pd.DataFrame, epa_forecasts: pd.DataFrame, sites: pd.DataFrame
) -> pd.DataFrame:
    """Score our forecasts, those of EPA's agencies and persistence on the rows that all three have.

    Values become AQI by the table that held on the target day, which the agencies forecast by. A forecast of theirs
    that is a category alone counts for the scores of categories and exceedances.

    Args:
        matured_forecasts: Ours, with ``observed`` and ``persistence`` in the AQS unit.
        epa_forecasts: ``EpaForecasts``; ``epa_reference`` says which is for a site.
        sites: Where they are.

    Returns:
        ``EpaVerification``, sorted by its key (pollutant, lead_days, forecaster): ``forecaster`` is ``airwatch``,
        ``epa`` or ``persistence``; ``n`` counts rows, ``n_aqi`` those of which the errors of the AQI are. Empty where
        no forecast of theirs has matured.
    """
    issued = matured_forecasts[matured_forecasts["kind"] != "backtest"].dropna(subset=["persistence"])
    theirs = epa_reference(epa_forecasts, sites)
    both = issued.merge(theirs[theirs["category"].isin(NAMES)], on=KEY, suffixes=("", "_epa"))
    rows = [row for key, group in both.groupby(["pollutant", "lead_days"]) for row in _beside(key, group)]
    logger.info("Verification: %d forecasts beside those of EPA's agencies", len(both))
    if not rows:
        return schemas.empty("EpaVerification")
    return pd.DataFrame(rows).sort_values(["pollutant", "lead_days", "forecaster"], ignore_index=True)


def _beside(key: tuple[Any, ...], rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The scores of each forecaster on the same rows."""
    pollutant, lead = key
    observed = _aqi(pollutant, rows, "observed")
    made = {AIRWATCH: _aqi(pollutant, rows, "mean"), PERSISTENCE: _aqi(pollutant, rows, "persistence")}
    given = rows["aqi"].to_numpy(dtype=np.float64)
    known = ~np.isnan(given)
    levels = {name: _levels(aqi) for name, aqi in made.items()}
    levels[EPA] = rows["category"].map(NAMES.index).to_numpy(dtype=np.int64)
    for name, aqi in {**made, EPA: given}.items():
        yield {
            "pollutant": pollutant,
            "lead_days": int(lead),
            "forecaster": name,
            "n": len(rows),
            "n_aqi": int(known.sum()),
            "first_target": rows["target_date"].min(),
            "last_target": rows["target_date"].max(),
            "mae_aqi": mae(aqi[known], observed[known]),
            "rmse_aqi": rmse(aqi[known], observed[known]),
            "bias_aqi": mean_bias(aqi[known], observed[known]),
            **_of_levels(levels[name], _levels(observed)),
        }


def _of_levels(forecast: NDArray[np.int64], observed: NDArray[np.int64]) -> dict[str, float]:
    """Scores of categories, and of alarms at an AQI above 100."""
    exceeds = int(_levels(np.array([EXCEEDANCE_AQI]))[0])
    alarm, event = forecast > exceeds, observed > exceeds
    return {
        "category_hit": float((forecast == observed).mean()),
        "category_near": float((np.abs(forecast - observed) <= 1).mean()),
        "exceedances": int(event.sum()),
        "hits": int((alarm & event).sum()),
        "false_alarms": int((alarm & ~event).sum()),
        "pod": pod(alarm, event),
        "far": far(alarm, event),
        "csi": csi(alarm, event),
    }


def _aqi(pollutant: str, rows: pd.DataFrame, column: str) -> Numbers:
    """The AQI of concentrations by the table of each row's target day [n]."""
    values, found = rows[column].to_numpy(), np.empty(len(rows))
    tables = rows["target_date"].map(lambda day: breakpoints(pollutant, day.date()).holds_from)
    for holds_from in tables.unique():
        its = (tables == holds_from).to_numpy()
        found[its] = aqi_of(pollutant, values[its], on=holds_from)
    return found


def _levels(aqi: Numbers) -> NDArray[np.int64]:
    """Which of ``CATEGORIES`` each AQI is in."""
    return np.searchsorted([each.high for each in CATEGORIES if each.high is not None], aqi, side="left")
