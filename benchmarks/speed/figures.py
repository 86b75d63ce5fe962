"""From runs to figures: what is claimed, what was found, and whether it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.speed.clock import warm
from benchmarks.speed.sizes import TABLES, Measured

Sections = Mapping[str, Measured]
FRAME, SUMMARIES = "to a typed frame", "to checked daily summaries"
TWO_CORES = 1.9  # effective cores below which two threads say nothing


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table.

    Attributes:
        what: What the ratio is, in words.
        ours, against: The two that it compares.
        ratio: The figure, in ``unit``.
        least, most: What it must reach, or not pass; None: it is only told.
        unit: After the number.
        sound: Whether the machine allowed it to be judged.
    """

    what: str
    ours: str
    against: str
    ratio: float
    least: float | None = None
    most: float | None = None
    unit: str = "×"
    sound: bool = True

    @property
    def holds(self) -> bool | None:
        """Whether the claim holds; None where nothing is claimed, or nothing could be judged."""
        if not self.sound or (self.least is None and self.most is None):
            return None
        return (self.least is None or self.ratio >= self.least) and (self.most is None or self.ratio <= self.most)


def figures(sections: Sections) -> list[Figure]:
    """The figures of the sections that were measured, in the order they were."""
    return [figure for name, measured in sections.items() for figure in _MAKERS[name](measured)]


def _features(found: Measured) -> Iterator[Figure]:
    """One thread, frame to frame unless it says otherwise."""
    facts, took = found.facts, {name: warm(runs) for name, runs in found.seconds.items()}
    table = f"{facts['rows'] / 1e6:.1f} M rows, {facts['columns']:.0f} columns"
    ours = f"{table}: {_s(took['ours'])}"
    alone = f"its own past, calendar and place alone: {_s(took['ours of peers'])}"
    for peer, least in (("mlforecast", 2.5), ("mlforecast without climatology", None), ("polars", None)):
        count = facts["peer columns without climatology" if "without" in peer else "peer columns"]
        against = f"{peer}, {count:.0f} of these columns, gaps filled before: {_s(took[peer])}"
        yield Figure(f"features, times as fast as {peer}", ours, against, took[peer] / took["ours"])
        ratio = took[peer] / took["ours of peers"]
        yield Figure("… those columns alone", alone, against, ratio, least=least)
        yield Figure("… by the column", ours, against, took[peer] / count / (took["ours"] / facts["columns"]))
    first = found.seconds["mlforecast"][0]
    cold = f"mlforecast, first run of the process: {_s(first)}"
    yield Figure("features, times as fast as mlforecast not warmed", ours, cold, first / took["ours"])
    yield from _limits(took, table)


def _limits(took: Mapping[str, float], table: str) -> Iterator[Figure]:
    """The table beside what its output asks of memory; the bound is on the way of a run, but for the frames."""
    arrays = "features from arrays of site numbers, days and values"
    in_blocks = "to blocks of all columns, in the same memory as a run does, no frames (the bound is on this)"
    ways = {
        "ours arrays to blocks": (f"{arrays} {in_blocks}", 3.0),
        "ours arrays to block": (f"{arrays} to one block of all rows", None),
        "ours": ("features frame to frame", None),
        "ours streamed": ("features frame to frames, streamed", None),
        "ours from the grid": ("features from the grid to frames, streamed", None),
    }
    for way, (what, most) in ways.items():
        against = f"first touch of the same output: {_s(took['first touch'])}"
        ratio = took[way] / took["first touch"]
        yield Figure(f"{what}, against first touch", f"{table}: {_s(took[way])}", against, ratio, most=most)
    against = f"read and write of the same output: {_s(took['read and write'])}"
    ratio = took["ours"] / took["read and write"]
    yield Figure("features frame to frame, against read and write", f"{table}: {_s(took['ours'])}", against, ratio)


def _polars(found: Measured) -> Iterator[Figure]:
    """The whole set by both, of the same values without gaps; frame to frame."""
    took, count = {name: warm(runs) for name, runs in found.seconds.items()}, found.facts["columns"]
    own = f"{found.facts['rows'] / 1e6:.1f} M rows, no gaps: {_s(took['ours'])}"
    joins = f"Polars, the same columns and rows, the other sites by joins, half a year at a time: {_s(took['polars'])}"
    ratio = took["polars"] / took["ours"]
    yield Figure(f"features, times as fast as Polars, all {count:.0f} columns", own, joins, ratio, least=20.0)


def _growth(found: Measured) -> Iterator[Figure]:
    """How time grows with rows: the exponent, one where twice the rows take twice the time."""
    for low, high, most in (("small", "middle", None), ("middle", "large", None), ("small", "large", 1.05)):
        few, many = (found.facts[f"{table} rows"] for table in (low, high))
        less, more = (warm(found.seconds[table]) for table in (low, high))
        ours, against = f"{many / 1e6:.1f} M rows: {_s(more)}", f"{few / 1e6:.2f} M rows: {_s(less)}"
        exponent = math.log(more / less) / math.log(many / few)
        yield Figure("growth of the time of features, exponent", ours, against, exponent, most=most, unit="")


def _memory(found: Measured) -> Iterator[Figure]:
    """The peak of a process that streams, beside what it writes."""
    facts = found.facts
    ours = f"{facts['rows'] / 1e6:.1f} M rows streamed: peak {facts['peak MiB']:,.0f} MiB"
    ours += f", {facts['before MiB']:,.0f} of them without features"
    against = f"the table itself: {facts['output MiB']:,.0f} MiB"
    yield Figure("memory of features", ours, against, facts["peak MiB"] / facts["output MiB"])


def _threads(found: Measured) -> Iterator[Figure]:
    """Two threads, where the machine gives two cores from beginning to end; and what memory gives them, to compare."""
    one, two = warm(found.seconds["1 threads"]), warm(found.seconds["2 threads"])
    before, after = found.facts["cores before"], found.facts["cores after"]
    ours = f"two threads: {_s(two)}; effective cores {before:.2f} before, {after:.2f} after"
    sound = min(before, after) >= TWO_CORES
    yield Figure("features on two threads", ours, f"one thread: {_s(one)}", one / two, least=1.7, sound=sound)
    one, two = warm(found.seconds["1 threads in memory"]), warm(found.seconds["2 threads in memory"])
    what = "… and reading and writing of as many bytes as the table has, on two threads"
    yield Figure(what, f"two threads: {_s(two)}", f"one thread: {_s(one)}", one / two)


def _serving(found: Measured) -> Iterator[Figure]:
    """Percentiles of the requests after the first, which compiles."""
    own, tail = (float(np.percentile(found.seconds["ours"][1:], share)) for share in (50, 99))
    usual = warm(found.seconds["mlforecast"])
    facts = found.facts
    ours = (
        f"one of {facts['sites']:.0f} sites, {facts['days']:,.0f} days: p50 {1e3 * own:.3f} ms, p99 {1e3 * tail:.3f} ms"
    )
    against = f"mlforecast predict, series stored, no neighbours: {1e3 * usual:.2f} ms"
    yield Figure("one site's newest row, p99", ours, "one millisecond", 1e3 * tail, most=1.0, unit="ms")
    yield Figure("one site's newest row, times as fast, p50", ours, against, usual / own)


def _parsing(found: Measured) -> Iterator[Figure]:
    """A year of one metro from the AQS API."""
    took, megabytes, rows = {n: warm(runs) for n, runs in found.seconds.items()}, found.facts["MB"], found.facts["rows"]
    against = f"json.loads of the same bytes: {megabytes / took['json.loads']:.0f} MB/s, {_s(took['json.loads'])}"
    for step, what, most in (("frame", FRAME, None), ("summaries", SUMMARIES, 2.0)):
        ours = f"{megabytes / took[step]:.0f} MB/s, {rows / took[step]:,.0f} rows/s: {_s(took[step])}"
        ratio = took[step] / took["json.loads"]
        yield Figure(f"a metro's year of the AQS API {what}", ours, against, ratio, most=most)


def _parsing_memory(found: Measured, what: str, most: float | None) -> Iterator[Figure]:
    """What a process that reads such a year grows by."""
    facts = found.facts
    ours = f"{facts['rows']:,.0f} rows: {facts['peak MiB'] - facts['before MiB']:,.0f} MiB, the bytes among them"
    against = f"the bytes: {facts['body MiB']:,.0f} MiB"
    yield Figure(f"memory of a metro's year of the AQS API {what}", ours, against, facts["bodies"], most=most)


def _training(found: Measured) -> Iterator[Figure]:
    """Examples learned from in a second."""
    ours, theirs = (warm(found.seconds[name]) for name in ("ours", "xgboost"))
    count, columns = found.facts["examples"], int(found.facts["columns"])
    own = f"{count / ours:,.0f} examples/s: {count:,.0f} of {columns} columns in {_s(ours)}"
    against = f"XGBoost, same matrix and rounds: {count / theirs:,.0f} examples/s"
    yield Figure("time to train the boosted candidate", own, against, ours / theirs)


def _forecasts(found: Measured) -> Iterator[Figure]:
    """Forecasts made in a second, a row and lead each."""
    ours, theirs = (warm(found.seconds[name]) for name in ("ours", "xgboost"))
    count = found.facts["forecasts"]
    own = f"{count / ours:,.0f} forecasts/s, quantiles and chances with them"
    yield Figure("time to forecast a batch", own, f"its trees alone: {count / theirs:,.0f}/s", ours / theirs)


def _s(seconds: float) -> str:
    """A time as people read it."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.0f} ms"


_MAKERS: dict[str, Callable[[Measured], Iterator[Figure]]] = {
    "features": _features,
    "polars": _polars,
    "growth": _growth,
    **{f"memory-{table}": _memory for table in TABLES},
    "threads": _threads,
    "serving": _serving,
    "parsing": _parsing,
    "parsing-memory-frame": partial(_parsing_memory, what=FRAME, most=None),
    "parsing-memory-summaries": partial(_parsing_memory, what=SUMMARIES, most=4.0),
    "training": _training,
    "forecasts": _forecasts,
}
