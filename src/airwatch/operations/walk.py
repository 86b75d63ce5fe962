"""A walk through the past: day after day as if it were today, forecasting, monitoring, and training where decided."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast

import pandas as pd
from kedro.io import DataCatalog

from airwatch.alerts.incidents import followed_to
from airwatch.ledger import LedgerDataset
from airwatch.operations.retraining import Training, decide_training, train, without_champion
from airwatch.operations.sessions import Sessions, quietly
from airwatch.parameters import ParameterError, RunParams
from airwatch.pipelines.monitoring.decision import DECISION
from airwatch.scope import MADE_FOR

logger = logging.getLogger(__name__)

DATA = ("ingestion", "feature_engineering")
Pages = Literal["all", "last", "none"]


@dataclass(frozen=True, slots=True)
class Step:
    """A day of the walk.

    Attributes:
        as_of: The day.
        forecasts: How many were issued; of a day that was done before, none again.
        decision: Of monitoring: ``ok``, ``warn`` or ``retrain``; empty for a day that was done before.
        causes: The checks that it comes from.
        trainings: Of the pollutants that were to be trained, whether they were or not.
        seconds: It took.
    """

    as_of: date
    forecasts: int = 0
    decision: str = ""
    causes: tuple[str, ...] = ()
    trainings: tuple[Training, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Walk:
    """How to go through some days.

    Attributes:
        sessions: Runs the pipelines.
        parameters: Settled, as of any day: what of them changes from day to day is ``as_of``.
        catalog: Has the tables that the pipelines leave.
        pages: Of which days Evidently's pages are wanted, which take most of the time of a step.
        train: Whether to train where monitoring decides so.
    """

    sessions: Sessions
    parameters: Mapping[str, Any]
    catalog: DataCatalog
    pages: Pages = "last"
    train: bool = True

    def steps(self, days: list[date]) -> Iterator[Step]:
        """Take one step after the other; those that are in the ledger already, and were monitored, are passed over.

        A pollutant that no model forecasts yet is trained as of the first day.

        Raises:
            ParameterError: The parameters name days themselves.
        """
        if self._run(days[0]).is_hindcast:
            raise ParameterError("origins: a walk issues from each of its own days; leave origins out.")
        done = self._done(self._run(days[0]))
        for day in days:
            if day in done:
                yield Step(day)
            else:
                yield self._step(day, with_pages=self.pages == "all" or (self.pages == "last" and day == days[-1]))

    def _step(self, day: date, *, with_pages: bool) -> Step:
        begun, run = time.monotonic(), self._run(day)
        pages = "all" if with_pages else "none"
        sessions = self.sessions.told(as_of=str(day), monitoring={"pages": pages})
        with quietly():
            trainings = self._first_training(sessions, run)
            ahead = () if trainings else DATA
            sessions.run(*ahead, "inference", "monitoring", only=run.pollutants, drawn=with_pages)
            tables = {name: self.catalog.load(name) for name in ("monitoring_summary", "verification", "forecasts")}
            if self.train:
                trainings += decide_training(sessions, tables, run, self.parameters["monitoring"].decision)
        summary = tables["monitoring_summary"].set_index("check")["status"]
        decision = str(summary[DECISION])
        causes = [str(name) for name in summary.index[summary == decision] if name != DECISION and decision != "ok"]
        seconds = time.monotonic() - begun
        return Step(day, len(tables["forecasts"]), decision, tuple(causes), tuple(trainings), seconds)

    def _run(self, day: date) -> RunParams:
        run: RunParams = self.parameters["run"]
        return run.model_copy(update={"as_of": day})

    def _first_training(self, sessions: Sessions, run: RunParams) -> list[Training]:
        """Train what no model forecasts yet."""
        missing = without_champion(run)
        return train(sessions, missing, run, *DATA) if missing else []

    def _done(self, run: RunParams) -> set[date]:
        """The days from which forecasts of this scope are in the ledger, to the last one that was monitored."""
        ledger = cast(LedgerDataset, self.catalog["forecast_ledger"])
        known = ledger.known_attrs(run.source_label)
        ours = {name.split("/")[1] for name, attrs in known.items() if attrs.get(MADE_FOR, run.scope) == run.scope}
        monitored = followed_to(self.catalog.load("known_incidents"), run)
        return {date.fromisoformat(day) for day in ours if day <= monitored}


def days_of(first: date, last: date, every: int) -> list[date]:
    """The days of a walk.

    Raises:
        ParameterError: There is none.
    """
    if last < first or every < 1:
        raise ParameterError(f"A walk from {first} to {last} in steps of {every} days goes nowhere.")
    return [day.date() for day in pd.date_range(first, last, freq=timedelta(days=every))]
