"""How much is measured, and what a section hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from airwatch.features.spec import FeatureSpec
from benchmarks.speed.clock import ROUNDS, Seconds

PARAMETERS = Path(__file__).resolve().parents[2] / "conf/base/parameters"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of a feature table, unless it says otherwise.

    Attributes:
        small, middle, large: Of the tables whose features are timed; ``large`` has six pollutants, the others one.
        examples: To learn from.
        estimators: Rounds of boosting at the first lead; None: as in the parameters.
        forecasts: Rows to forecast, each at seven leads.
        calls: Requests for the feature row of one site.
        rounds: Runs that count, of everything.
    """

    small: int = 200_000
    middle: int = 2_000_000
    large: int = 18_000_000
    examples: int = 100_000
    estimators: int | None = None
    forecasts: int = 20_000
    calls: int = 2_000
    rounds: int = ROUNDS


QUICK = Sizes(20_000, 50_000, 200_000, examples=5_000, estimators=10, forecasts=2_000, calls=20, rounds=2)
TABLES = {"small": 1, "middle": 1, "large": 6}  # and how many pollutants each has


@dataclass
class Measured:
    """What a section found.

    Attributes:
        seconds: Every run by name, the first of them cold.
        facts: Numbers that are not times: rows, columns, MiB, cores.
    """

    seconds: Seconds = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)


def production_spec() -> FeatureSpec:
    """The features as AirWatch's own parameters declare them."""
    return FeatureSpec.model_validate(_group("feature_engineering")["features"])


def production_candidate(name: str) -> dict[str, float]:
    """A candidate's settings as AirWatch's own parameters declare them."""
    return dict(_group("training")["candidates"][name])


def _group(name: str) -> dict[str, dict]:
    return yaml.safe_load((PARAMETERS / f"{name}.yml").read_text(encoding="utf-8"))[name]
