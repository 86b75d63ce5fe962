"""Training that monitoring asked for: started once for what has gone wrong, and what the contest made of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.model_registry import PREFIX, ModelShelf, Version
from airwatch.operations.sessions import Sessions
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.decision import DECISION
from airwatch.pipelines.monitoring.params import DecisionParams
from airwatch.pipelines.monitoring.verification import overall

logger = logging.getLogger(__name__)

RETRAIN = "retrain"
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Training:
    """What came of a pollutant that monitoring wants trained again.

    Attributes:
        pollutant: Its name.
        started: Whether it was trained.
        version: The version that was registered; empty where none was.
        outcome: Of its contest with the champion, in two words; empty likewise.
        told: In a sentence or two.
    """

    pollutant: str
    started: bool
    version: str
    outcome: str
    told: str


def wanted(summary: pd.DataFrame) -> list[str]:
    """The pollutants of which a check says that they are to be trained again."""
    checks = summary.loc[summary["status"] == RETRAIN, "check"]
    names = [str(check).partition(".")[0] for check in checks if check != DECISION]
    return [name for name in POLLUTANTS if name in names]


def too_soon(pollutant: str, verification: pd.DataFrame, run: RunParams, params: DecisionParams) -> str:
    """Why a pollutant is not trained again yet; empty where it may be.

    A model that was trained on the same days would be the same, and one with a few days more hardly another: until
    ``retrain_days`` have matured since, a retraining is told and not repeated.
    """
    last = _newest(_shelf(pollutant).versions(), run)
    if last is None:
        return ""
    learned = pd.Timestamp(last.tags["training_window"].partition("/")[2]) + DAY  # the last origin knew a day more
    matured = overall(verification).query("pollutant == @pollutant")["last_target"].max()
    new = 0 if pd.isna(matured) else max((matured - learned) // DAY, 0)
    if new >= params.retrain_days:
        return ""
    return (
        f"{POLLUTANTS[pollutant].label} was trained as of {last.tags['as_of']} (version {last.number}), since which "
        f"{new} days have matured: it is trained again once {params.retrain_days} have."
    )


def train(sessions: Sessions, pollutants: list[str], run: RunParams, *before: str) -> list[Training]:
    """Train some pollutants under the gate, and let what comes of it meet the champions.

    Args:
        sessions: Runs the pipelines.
        pollutants: Their names.
        run: ``as_of``, source and area.
        before: Pipelines to run first.
    """
    known = {name: _newest(_shelf(name).versions(), run) for name in pollutants}
    logger.info("Training again: %s", ", ".join(pollutants))
    sessions.run(*before, "training", only=pollutants)
    return [_told(name, known[name], _newest(_shelf(name).versions(), run)) for name in pollutants]


def without_champion(run: RunParams) -> list[str]:
    """The pollutants of a run that no model forecasts yet."""
    return [name for name in run.pollutants if not _shelf(name).has()]


def decide_training(
    sessions: Sessions, tables: Mapping[str, pd.DataFrame], run: RunParams, params: DecisionParams, *before: str
) -> list[Training]:
    """Train what monitoring wants trained, unless it was trained too lately.

    Args:
        sessions: Runs the pipelines.
        tables: ``monitoring_summary`` and ``verification``, as monitoring left them.
        run: ``as_of``, source and area.
        params: When it is too soon.
        before: Pipelines to run before training.
    """
    summary, verification = tables["monitoring_summary"], tables["verification"]
    reasons = {name: too_soon(name, verification, run, params) for name in wanted(summary)}
    left = [Training(name, False, "", "", reason) for name, reason in reasons.items() if reason]
    due = [name for name, reason in reasons.items() if not reason]
    return [*left, *(train(sessions, due, run, *before) if due else [])]


def _shelf(pollutant: str) -> ModelShelf:
    return ModelShelf(f"{PREFIX}{pollutant}")


def _newest(versions: list[Version], run: RunParams) -> Version | None:
    """The version that was trained last for this source and area, by its as_of."""
    ours = [
        version
        for version in versions
        if version.tags.get("source") == run.source_label and version.tags.get("area") == run.area.slug
    ]
    return max(ours, key=lambda version: (version.tags["as_of"], int(version.number)), default=None)


def _told(pollutant: str, before: Version | None, after: Version | None) -> Training:
    """What training made of a pollutant."""
    label = POLLUTANTS[pollutant].label
    if after is None or (before is not None and after.number == before.number):
        return Training(pollutant, True, "", "", f"{label}: training registered no new model; its log says why.")
    outcome, reason = after.tags.get("verdict", ""), after.tags.get("verdict_reason", "")
    return Training(pollutant, True, after.number, outcome, f"{label} version {after.number}: {reason}")
