"""Parameters of ingestion (``conf/base/parameters/ingestion.yml``)."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from airwatch.domain.pollutants import WEATHER


class IngestionParams(BaseModel):
    """What is fetched beside the pollutants, and how often what is stored is looked at again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recheck_days: int = Field(ge=1)
    max_slice_rows: int = Field(ge=1000, le=1_000_000)
    meteorology: tuple[str, ...]
    airnow: bool = False
    airnow_days: int = Field(default=120, ge=1, le=366)
    airnow_settles_days: int = Field(default=3, ge=0, le=30)

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

    @model_validator(mode="after")
    def _airnow_has_the_air_of_the_run(self, about: ValidationInfo) -> Self:
        """AirNow goes on where EPA's own data end; it knows nothing of the sandbox, or of a table."""
        run = (about.context or {}).get("run")
        if self.airnow and run is not None and run.source not in ("aqs", "airdata"):
            raise ValueError(
                f"airnow=true is for source=aqs and source=airdata; source={run.source} is about other air"
            )
        return self
