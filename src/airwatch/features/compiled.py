"""How the sweeps over daily grids are compiled, and the arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Named = tuple[str, FloatArray]
Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function to machine code at its first call, and keep that code on disk.

    Arithmetic stays as it is written: without ``fastmath`` and without parallel sums a result has the same
    bits wherever a series begins and whatever else is in the grid. A division by zero is not an error but
    NaN or infinite. The code kept on disk is renewed when the function's own file changes and not when
    another does, so a compiled function calls compiled functions of its own file only. Where nothing can be
    written each process compiles anew.
    """
    try:
        return cast(Function, njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:  # numba: no place for its files
        return cast(Function, njit(function, nogil=True, error_model="numpy"))
