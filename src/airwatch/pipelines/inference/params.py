"""Parameters of inference (``conf/base/parameters/inference.yml``)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class InferenceParams(BaseModel):
    """When a forecast counts as stale, at which hour it is issued, and for which origins it is explained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_after_days: int = Field(ge=1)
    issue_hour_utc: int = Field(ge=0, le=23)
    reasons: Literal["latest", "all", "none"]
