"""Monitoring that acts: the checks, the decision, and training where it was decided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kedro.io import DataCatalog

from airwatch.operations.retraining import Training, decide_training, too_soon, wanted
from airwatch.operations.sessions import Sessions
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.decision import DECISION
from airwatch.pipelines.monitoring.params import MonitoringParams


@dataclass(frozen=True)
class Monitored:
    """What monitoring found, and what was done.

    Attributes:
        summary: ``MonitoringSummary``.
        trainings: Of the pollutants that it wants trained again.
    """

    summary: pd.DataFrame
    trainings: tuple[Training, ...]

    @property
    def decision(self) -> str:
        """``ok``, ``warn`` or ``retrain``."""
        return str(self.summary.set_index("check").loc[DECISION, "status"])


def monitor(
    sessions: Sessions, catalog: DataCatalog, run: RunParams, params: MonitoringParams, *, train: bool = True
) -> Monitored:
    """Run monitoring, and training where it was decided.

    Args:
        sessions: Runs the pipelines.
        catalog: Has the tables that they leave.
        run: ``as_of``, source and area.
        params: Of monitoring.
        train: Whether to train; without it is only told what would be.
    """
    sessions.run("monitoring")
    tables = {name: catalog.load(name) for name in ("monitoring_summary", "verification")}
    summary = tables["monitoring_summary"]
    if not train:
        reasons = {name: too_soon(name, tables["verification"], run, params.decision) for name in wanted(summary)}
        told = [Training(name, False, "", "", reason or "not trained, as asked.") for name, reason in reasons.items()]
        return Monitored(summary, tuple(told))
    # Its features may end before today: monitoring runs more often than forecasts are made.
    done = decide_training(sessions, tables, run, params.decision, "ingestion", "feature_engineering")
    return Monitored(summary, tuple(done))
