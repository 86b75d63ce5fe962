"""What tuning may try: how often, on which days, and the range of each setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


class Span(BaseModel):
    """The range of a setting, ends included; whole numbers where both ends are written as such."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int | float
    high: int | float
    log: bool = False  # tried evenly over the magnitudes

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low is {self.low} and high {self.high}; low must be below high")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low}; magnitudes (log: true) begin above 0")
        return self

    def distribution(self) -> BaseDistribution:
        """The range as Optuna writes it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)


class TuningParams(BaseModel):
    """How candidates are tuned; with no trials their settings stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: int = Field(ge=0)
    folds: int = Field(ge=1, le=20)
    fold_days: int = Field(ge=20, le=730)
    sample_rows: int = Field(ge=100)
    search: dict[str, dict[str, Span]]


def spans_of(search: Mapping[str, Mapping[str, Span]], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The ranges to search, of the candidates that take part, each around the setting it starts from.

    Args:
        search: Ranges by candidate and setting.
        settings: All settings by candidate, of those that take part.

    Raises:
        ValueError: A candidate has no such setting, or one that lies outside its range.
    """
    for name, spans in search.items():
        for setting, span in spans.items() if name in settings else ():
            given, where = settings[name].get(setting), f"training.tuning.search.{name}.{setting}"
            if setting not in settings[name]:
                raise ValueError(f"{where}: {name} has no such setting; it has {', '.join(settings[name]) or 'none'}.")
            if given is None or not span.low <= given <= span.high:
                raise ValueError(
                    f"{where}: the range {span.low} to {span.high} leaves out {given}, the setting itself."
                )
    return {name: spans for name, spans in search.items() if name in settings and spans}
