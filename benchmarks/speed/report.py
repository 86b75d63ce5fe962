"""The figures as one Markdown table under a line on the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.speed.figures import Figure

HEADER = ("what", "ours", "against", "ratio", "bound", "holds")
WORDS = {True: "yes", False: "**no**", None: "–"}


def report(found: Sequence[Figure], machine: Mapping[str, object], cores: tuple[float, float], quick: bool) -> str:
    """The table, with what it was measured on.

    Args:
        found: The figures.
        machine: Of ``machine.describe``.
        cores: How many cores' worth of work two processes got done, before and after all sections.
        quick: Whether the sizes are those that only try the benchmark itself.
    """
    lines = [HEADER, ("---",) * len(HEADER), *map(_cells, found)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    trial = "**A trial on tiny sizes: these numbers say nothing.** " if quick else ""
    return f"# How fast AirWatch is\n\n{trial}{_about(machine, cores)}\n\n{table}\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    """A line of the table."""
    ratio = f"{figure.ratio:.3g} {figure.unit}".strip()
    bounds = [f"{sign} {bound:g}" for sign, bound in (("≥", figure.least), ("≤", figure.most)) if bound is not None]
    holds = WORDS[figure.holds] if figure.sound else "not judged: the machine gave too few cores"
    return figure.what, figure.ours, figure.against, ratio, ", ".join(bounds) or "–", holds


def _about(machine: Mapping[str, object], cores: tuple[float, float]) -> str:
    versions = ", ".join(f"{name} {machine[name]}" for name in ("numba", "mlforecast", "polars", "xgboost", "pandas"))
    return (
        f"Each figure is a ratio of medians of runs that took turns in one process, the first of each left out; one "
        f"thread unless it says otherwise; generated data, no network. {machine['processor']}, {machine['cores']} "
        f"cores, which did the work of {cores[0]:.2f} before and {cores[1]:.2f} after; Python {machine['python']}, "
        f"{versions}. Features are those of the project's own parameters; mlforecast is asked for those of them that "
        "follow from lags, windows and dates, Polars for these and for all. Made by `make bench`; every run is in "
        "`speed.json`."
    )
