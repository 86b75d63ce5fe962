"""The errors of matured forecasts, as Evidently shows them and as numbers."""

from __future__ import annotations

import logging
import math
import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from airwatch import scores
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.page import plain_page, titled, with_header
from airwatch.pipelines.monitoring.params import MonitoringParams, RegressionParams
from airwatch.pipelines.monitoring.same_weeks import varies

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeadErrors:
    """One pollutant's matured forecasts at one lead; ``left_out`` says why the page cannot show them."""

    pollutant: str
    lead_days: int
    rows: pd.DataFrame
    left_out: str

    @property
    def title(self) -> str:
        """What the page calls them."""
        its = POLLUTANTS[self.pollutant]
        return f"{its.label} ({its.unit}), {self.lead_days} day{'s' * (self.lead_days > 1)} ahead"

    def note(self, max_rows: int) -> str:
        """What the page says about them above Evidently's tables."""
        if self.left_out:
            return f"{self.title}: not shown, {self.left_out}."
        kinds, days = " and ".join(sorted(self.rows["kind"].unique())), self.rows["target_date"]
        sampled = f", a sample of {max_rows} of which is shown" if len(days) > max_rows else ""
        return f"{self.title}: {len(days)} forecasts ({kinds}) for {days.min():%F} to {days.max():%F}{sampled}."

    def numbers(self) -> dict[str, Any]:
        """Count, first target day and errors; None for a number of nothing."""
        pair, days = (self.rows["mean"], self.rows["observed"]), self.rows["target_date"]
        errors = {
            "rmse": scores.rmse(*pair),
            "mae": scores.mae(*pair),
            "bias": scores.mean_bias(*pair),
            "nmb": scores.nmb(*pair),
        }
        return {
            "n": len(days),
            "first_target": f"{days.min():%F}" if len(days) else None,
            **{name: error if math.isfinite(error) else None for name, error in errors.items()},
            "left_out": self.left_out,
        }

    def sample(self, max_rows: int, seed: int) -> tuple[pd.Series, pd.Series]:
        """Observed and forecast values of at most ``max_rows`` rows, in the order of the table."""
        shown = self.rows.sample(min(len(self.rows), max_rows), random_state=seed).sort_index()
        return shown["observed"].reset_index(drop=True), shown["mean"].reset_index(drop=True)


def report_regression(
    matured_forecasts: pd.DataFrame, run: RunParams, params: MonitoringParams
) -> tuple[str, dict[str, Any]]:
    """Show how far the matured forecasts were from what was observed (Evidently's RegressionPreset).

    Args:
        matured_forecasts: Forecasts (``mean``) beside ``observed``, in the AQS unit.
        run: Pollutants, ``as_of`` and seed (of the sample of rows shown).
        params: Leads, and how many rows are needed and shown.

    Returns:
        The page (empty where none is wanted), and a document: by pollutant and lead ``n``, ``first_target``, ``rmse``,
        ``mae``, ``bias`` (forecast minus observed), ``nmb`` (a share of the mean observation), and ``left_out``, the
        reason why the page lacks it. The numbers are of all rows; the page shows a sample of more than ``max_rows``.
    """
    limits = params.regression
    leads = sorted(lead for lead in {*limits.leads, params.decision.lead_days} if lead <= run.horizon_days)
    groups = [_at_lead(matured_forecasts, name, lead, limits) for name in run.pollutants for lead in leads]
    shown = [group for group in groups if not group.left_out]
    title, notes = (
        titled("Errors of matured forecasts", run),
        [group.note(limits.max_rows) for group in groups],
    )
    metrics: list[Any] = []
    if params.pages == "none":
        page = ""
    elif shown:
        body, metrics = _evidently({group.title: group.sample(limits.max_rows, run.seed) for group in shown}, run)
        page = with_header(body, title, notes)
    else:
        page = plain_page(title, notes)
    numbers: dict[str, dict[str, Any]] = {name: {} for name in run.pollutants}
    for group in groups:
        numbers[group.pollutant][str(group.lead_days)] = group.numbers()
    logger.info("Errors of matured forecasts: %d of %d pollutants and leads shown", len(shown), len(groups))
    return page, {"as_of": str(run.as_of), "source": run.source, "pollutants": numbers, "metrics": metrics}


def _at_lead(matured: pd.DataFrame, pollutant: str, lead: int, limits: RegressionParams) -> LeadErrors:
    """One pollutant's forecasts at one lead, and whether the page can show them."""
    rows = matured[(matured["pollutant"] == pollutant) & (matured["lead_days"] == lead)]
    return LeadErrors(pollutant, lead, rows, _reason_not(rows, limits))


def _reason_not(rows: pd.DataFrame, limits: RegressionParams) -> str:
    """Why the page cannot show these forecasts; empty if it can."""
    if rows.empty:
        return "no forecast has matured"
    if len(rows) < limits.min_rows:
        return f"{len(rows)} matured forecasts, {limits.min_rows} needed"
    sides = {
        "observations": rows["observed"],
        "forecasts": rows["mean"],
        "errors": rows["mean"] - rows["observed"],
    }
    return next((f"all {what} are equal" for what, values in sides.items() if not varies(values)), "")


def _evidently(tasks: dict[str, tuple[pd.Series, pd.Series]], run: RunParams) -> tuple[str, list[Any]]:
    """Evidently's page and numbers. It takes seconds to import, and warns about its own dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airwatch.pipelines.monitoring.evidently_reports import regression

        return regression(tasks, run.as_of)
