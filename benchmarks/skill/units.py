"""What peers work in: the logarithm of one plus the concentration, or the concentration itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Unit:
    """A rising function of concentration and its inverse; NaN stays NaN."""

    logarithm: bool

    @classmethod
    def of(cls, pollutant: str) -> Unit:
        """The logarithm, but for ozone: its errors do not grow with its level, those of all else do."""
        return cls(logarithm=pollutant != "ozone")

    def forward(self, concentration: Floats) -> Floats:
        """From the AQS unit, where nothing is negative."""
        return np.asarray(np.log1p(concentration) if self.logarithm else concentration)

    def inverse(self, value: Floats) -> Floats:
        """To the AQS unit; a negative concentration is none."""
        return np.asarray(np.maximum(np.expm1(value) if self.logarithm else value, 0.0))
