"""Random numbers that depend on the seed, the subject and the year, and on nothing else.

A series with memory is a finite moving average of such numbers, so a year can be made without making the years before it, and
is the same whoever asks, in whatever order.
"""

from __future__ import annotations

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
    """Standard normal numbers [days of the year, columns] whose mean over each weekday of the year is zero.

    Without that balance the luck of fifty weeks is as large as a true weekday effect of two percent, and six years of sandbox data
    would show an effect that nobody put there.
    """
    noise = generator(seed, subject, year).standard_normal((len(days_of(year)), columns))
    for start in range(7):
        noise[start::7] -= noise[start::7].mean(axis=0)
    return noise


def remembered(seed: int, subject: str, year: int, columns: int, memory: float, mixing: Floats | None = None) -> Floats:
    """A series of unit variance that forgets by the factor ``memory`` a day, [days of the year, columns].

    Args:
        seed: Of the world.
        subject: Names the random stream.
        year: Calendar year.
        columns: How many series.
        memory: Lag-1 autocorrelation, 0 to 0.97.
        mixing: [columns, columns] factor that makes the columns alike (the Cholesky factor of their correlation).
    """
    # What is left of an innovation after this many days is below one thousandth of it.
    length = max(2, min(365, int(np.ceil(np.log(1e-3) / np.log(memory)))))
    before = innovations(seed, subject, year - 1, columns)[-(length - 1) :]
    noise = np.concatenate([before, innovations(seed, subject, year, columns)])
    weights = memory ** np.arange(length)
    series = lfilter(weights / np.sqrt(np.sum(weights**2)), [1.0], noise, axis=0)[length - 1 :]
    return np.asarray(series if mixing is None else series @ mixing.T, dtype=np.float64)
