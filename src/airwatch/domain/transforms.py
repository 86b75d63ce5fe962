"""Units in which models work: a transform takes concentrations there and back.

The choice matters more than the algorithm (trees on raw PM2.5 do not beat persistence, on its logarithm they
do), and it differs by pollutant, so it is a parameter.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


class Transform(Protocol):
    """A rising function of concentration with its inverse; NaN stays NaN, shape and dtype are kept."""

    @property
    def name(self) -> str:
        """The name in parameters and on the model card."""
        ...

    def forward(self, concentration: FloatArray) -> FloatArray:
        """From the AQS unit to the unit that models work in."""
        ...

    def inverse(self, value: FloatArray) -> FloatArray:
        """From the unit that models work in back to the AQS unit."""
        ...


@dataclass(frozen=True, slots=True)
class Log1p:
    """The logarithm of one plus the concentration, mirrored below zero.

    Instruments report small negative concentrations. ``log1p`` alone turns them into far outliers (-0.9
    becomes -2.3) and has no value below -1; the mirror image keeps the function smooth, rising and
    invertible.
    """

    name: str = "log1p"

    def forward(self, concentration: FloatArray) -> FloatArray:
        """``sign(x) log(1 + |x|)``."""
        # SIMD loops may round differently over strided memory: a row must not depend on how it is stored.
        x = np.ascontiguousarray(concentration)
        size = np.abs(x)
        nothing = 0 * np.minimum(size, 1)
        # The logarithm of NaN takes seven times that of a number: it is taken of zero instead, and NaN comes in after.
        logarithm = np.log1p(np.fmax(size, 0, out=size))
        logarithm += nothing
        np.copysign(logarithm, x, out=logarithm)
        return logarithm

    def inverse(self, value: FloatArray) -> FloatArray:
        """``sign(t) (exp|t| - 1)``."""
        t = np.ascontiguousarray(value)
        return np.copysign(np.expm1(np.abs(t)), t)


@dataclass(frozen=True, slots=True)
class Identity:
    """Concentrations as they are."""

    name: str = "identity"

    def forward(self, concentration: FloatArray) -> FloatArray:
        """The concentration itself."""
        return concentration

    def inverse(self, value: FloatArray) -> FloatArray:
        """The value itself."""
        return value


TRANSFORMS: dict[str, Transform] = {"log1p": Log1p(), "identity": Identity()}


def transform(name: str) -> Transform:
    """The transform of that name.

    Raises:
        ValueError: There is none; the message lists those there are.
    """
    if name not in TRANSFORMS:
        raise ValueError(f"Unknown transform {name!r}: choose one of {', '.join(TRANSFORMS)}.")
    return TRANSFORMS[name]
