"""How the sweeps over daily grids are compiled, and the arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
from numba import config, njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., object])

_HERE = Path(__file__).parent


def cache_folder(sources: Path = _HERE) -> Path:
    """Where the machine code of these sources is kept: under their hash.

    Numba renews what it keeps when the file of a function changes, and not when a constant, a tuple or a function of
    another file does that it was compiled with: after an update it would go on with the old ones, without a word.
    """
    digest = sha256(b"".join(path.read_bytes() for path in sorted(sources.glob("*.py"))))
    return sources / "__pycache__" / f"compiled-{digest.hexdigest()[:16]}"


_CACHE = str(cache_folder())


def compiled(function: Function) -> Function:
    """Compile a function to machine code at its first call, and keep that code on disk.

    Arithmetic stays as it is written: without ``fastmath`` and without parallel sums a result has the same
    bits wherever a series begins and whatever else is in the grid. A division by zero is not an error but
    NaN or infinite. Where nothing can be written each process compiles anew.
    """
    before, config.CACHE_DIR = config.CACHE_DIR, _CACHE  # type: ignore[attr-defined]
    try:
        return cast(Function, njit(function, cache=True, nogil=True, error_model="numpy"))
    except RuntimeError:  # numba: no place for its files
        return cast(Function, njit(function, nogil=True, error_model="numpy"))
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


@compiled
def copy(source: NDArray[np.float32], target: NDArray[np.float32]) -> None:
    """Write numbers over others; with numba's own assignment to a slice it takes three times as long."""
    for number in range(len(target)):
        target[number] = source[number]
