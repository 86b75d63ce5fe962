"""What goes into the registry and comes out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from airwatch.forecasting.forecaster import Forecaster


# Tags that are noted on a version after it was registered.
WAS_CHAMPION, PROMOTED_BECAUSE, ROLLED_BACK = "was_champion", "promoted_because", "rolled_back"
# Those of a contest, of which a verdict has some or all.
VERDICT_TAGS = frozenset({"contest_with", "contest_days", "statistic", "p_value", "interval"})


class Outcome(StrEnum):
    """How a trained model stands beside the champion that was registered before it."""

    FIRST = "first champion"
    PROMOTED = "promoted"
    NOT_BETTER = "not better"
    TOO_FEW_DAYS = "too few days"
    NOT_COMPARABLE = "not comparable"
    UNJUDGED = "unjudged"
    KNOWN = "registered before"
    NO_CONTEST = "no contest"


@dataclass(frozen=True)
class Verdict:
    """What became of a trained model that met the champion.

    Attributes:
        outcome: In two words.
        promoted: Whether it is to be champion.
        reason: In one or more sentences.
        against: The version that was champion; empty without one.
        days: Days of origin on which they were compared.
        statistic: Of the test; negative where the challenger lost less. NaN where there was none.
        p_value: Likewise.
        interval: Of the mean difference, in units of what both lose in the weeks around a day; likewise.
    """

    outcome: Outcome
    promoted: bool
    reason: str
    against: str = ""
    days: int = 0
    statistic: float = math.nan
    p_value: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)

    @property
    def tags(self) -> dict[str, str]:
        """As the registry keeps it; what was not measured is left out."""
        told = {"verdict": str(self.outcome), "verdict_reason": self.reason}
        if self.against:
            told |= {"contest_with": self.against, "contest_days": str(self.days)}
        if math.isfinite(self.p_value):
            low, high = self.interval
            told |= {"statistic": f"{self.statistic:.3f}", "p_value": f"{self.p_value:.4g}"}
            told |= {"interval": f"{low:.4f}/{high:.4f}"}
        return told


NO_CONTEST = Verdict(Outcome.NO_CONTEST, False, "It has met no champion yet.")


@dataclass(frozen=True)
class TrainedModel:
    """What training hands to the registry.

    Attributes:
        pollutant: Whose model it is.
        forecaster: The fitted forecaster; None when the pollutant had too little data.
        example: Some rows of the feature table, for the signature and the input example.
        fingerprint: Of data, parameters, seed and code; the same one is registered once.
        metrics: Scores of its rolling origins, by name.
        tags: What a reader of the registry wants to know: training window, ``as_of``, data hash.
        card: The model card, in markdown: stored beside the model, and as far as it fits as the description of its
            version.
        verdict: How it stands beside the champion.
    """

    pollutant: str
    forecaster: Forecaster | None
    example: pd.DataFrame = field(default_factory=pd.DataFrame)
    fingerprint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    card: str = ""
    verdict: Verdict = NO_CONTEST

    def __deepcopy__(self, memo: dict[int, Any]) -> TrainedModel:
        """Itself: nothing changes a trained model, and Kedro copies what it hands from node to node."""
        return self


@dataclass(frozen=True)
class RegisteredForecaster:
    """A forecaster and the version it is registered under."""

    forecaster: Forecaster
    version: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """What the registry knows of a version without reading the model.

    Attributes:
        name: Of the registered model.
        number: Of the version.
        aliases: That point to it.
        tags: As registered, and what was noted since.
        run_id: The MLflow run that trained it; its metrics are the scores.
        description: The beginning of its card.
    """

    name: str
    number: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    run_id: str
    description: str

    @property
    def was_champion(self) -> bool:
        """Whether it is or has been champion."""
        return WAS_CHAMPION in self.tags
