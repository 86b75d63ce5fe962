"""Random numbers that depend on the seed, the subject and the year, and on nothing else.

A series with memory is a finite moving average of such numbers, so a year can be made without making the years before
it, and is the same whoever asks, in whatever order.
"""

from __future__ import annotations

import math
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]


def generator(seed: int, subject: str, year: int) -> np.random.Generator:
    """The random stream of one subject ("ozone field") in one year."""
    return np.random.Generator(np.random.PCG64([seed, crc32(subject.encode()), year]))


def days_of(year: int) -> NDArray[np.datetime64]:
    """Every day of a calendar year, datetime64[D]."""
    return np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")


def weekdays_of(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Monday 0 to Sunday 6; 1970-01-01 was a Thursday."""
    return (days.astype(np.int64) + 3) % 7


def innovations(seed: int, subject: str, year: int, columns: int) -> Floats:
    """Standard normal numbers, [days of the year, columns]."""
    return generator(seed, subject, year).standard_normal((len(days_of(year)), columns))


def remembered(
    seed: int,
    subject: str,
    year: int,
    columns: int,
    memory: float,
    mixing: Floats | None = None,
    delay: int = 0,
) -> Floats:
    """A series of unit variance that forgets by the factor ``memory`` a day, [days of the year, columns].

    Args:
        seed: Of the world.
        subject: Names the random stream.
        year: Calendar year.
        columns: How many series.
        memory: Lag-1 autocorrelation, above 0, at most 0.97.
        mixing: [columns, columns] factor that makes the columns alike (the Cholesky factor of their correlation).
        delay: Days by which the series trails the same series with the delay 0.
    """
    # What is left of an innovation after this many days is below one thousandth of it.
    length = max(2, min(365, math.ceil(math.log(1e-3) / math.log(memory))))
    before = innovations(seed, subject, year - 1, columns)[-(length - 1 + delay) :]
    this = innovations(seed, subject, year, columns)
    noise = np.concatenate([before, this])[: length - 1 + len(this)]
    weights = memory ** np.arange(length)
    series = lfilter(weights / np.sqrt(np.sum(weights**2)), [1.0], noise, axis=0)[length - 1 :]
    return np.asarray(series if mixing is None else series @ mixing.T, dtype=np.float64)
