"""Parameters of ingestion (``conf/base/parameters/ingestion.yml``)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from airwatch.domain.pollutants import WEATHER


class IngestionParams(BaseModel):
    """What is fetched beside the pollutants, and how often what is stored is looked at again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recheck_days: int = Field(ge=1)
    max_slice_rows: int = Field(ge=1000, le=1_000_000)
    meteorology: tuple[str, ...]

    @field_validator("meteorology", mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """From a list, or from the command line: ``temperature+pressure``, or nothing."""
        return tuple(given.replace("+", " ").split()) if isinstance(given, str) else given

    @field_validator("meteorology")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in WEATHER:
                raise ValueError(f"{name!r} is not a kind of weather AirWatch knows; choose from {', '.join(WEATHER)}")
        if len(names) > 5:
            raise ValueError("AQS takes at most five parameters in one request")
        return names
