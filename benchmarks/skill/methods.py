"""Every method of the benchmark by name; one that is not asked for imports none of its libraries."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.skill.method import Method
from benchmarks.skill.peer import Peer, Rule
from benchmarks.skill.units import Unit

CHAMPION = "airwatch"
ON_A_SUBSET = ("autoets",)
BESIDE_A_SUBSET = ("persistence", "ridge", CHAMPION)


def _airwatch() -> Method:
    from benchmarks.skill.airwatch_entry import AirWatch

    return AirWatch()


def _reference(name: str) -> Method:
    from benchmarks.skill import references

    rules: dict[str, Callable[[Unit], Rule]] = {
        "persistence": references.Persistence,
        "climatology": references.Climatology,
        "blend": references.Blend,
    }
    return Peer(name, rules[name])


def _ridge() -> Method:
    from benchmarks.skill.ridge import RidgeOnLags

    return Peer("ridge", RidgeOnLags)


def _trees(name: str) -> Method:
    from benchmarks.skill import boosted

    model = boosted.lightgbm if name.endswith("lightgbm") else boosted.xgboost
    return Peer(name, lambda unit: boosted.DirectTrees(unit, model()))


def _calendar() -> Method:
    from benchmarks.skill.boosted import CalendarTrees

    return Peer("calendar_xgboost", CalendarTrees)


def _autoets() -> Method:
    from benchmarks.skill.smoothing import Smoothing

    return Smoothing()


METHODS: dict[str, Callable[[], Method]] = {
    "calendar_xgboost": _calendar,
    "climatology": lambda: _reference("climatology"),
    "persistence": lambda: _reference("persistence"),
    "blend": lambda: _reference("blend"),
    "mlforecast_lightgbm": lambda: _trees("mlforecast_lightgbm"),
    "mlforecast_xgboost": lambda: _trees("mlforecast_xgboost"),
    "autoets": _autoets,
    "ridge": _ridge,
    "airwatch": _airwatch,
}
