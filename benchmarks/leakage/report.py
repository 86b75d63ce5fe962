"""The verdict in a table and a few sentences."""

from __future__ import annotations

from importlib.metadata import version

from benchmarks.leakage.court import AQS_REPEATS, ONCE, OURS, REPEATED, Finding, Verdict

LIBRARIES = ("scikit-learn", "xgboost")
HEADER = (
    "protocol",
    "learner",
    "told",
    "rows",
    "twins in training",
    "RMSE",
    "R²",
    "skill",
    "RMSE in use",
    "flatters by",
)


def report(verdict: Verdict, source: str) -> str:
    """The verdict as Markdown.

    Args:
        verdict: Of ``hold_court``.
        source: Where the observations are from, in a few words.
    """
    rows = [HEADER, ("---",) * len(HEADER), *map(_row, (*verdict.findings, verdict.airwatch))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    parts = ["# The leakage court", _setting(verdict, source), table, LEGEND, _meaning(verdict), _features(verdict)]
    return "\n\n".join(parts)


LEGEND = (
    "RMSE in µg/m³; skill is one minus the ratio of mean squared errors to persistence on the same rows. "
    f"{AQS_REPEATS} a day: each site-day repeated as AQS repeats it, once for each of four standards in a daily and an "
    "annual form. A twin is a test row's exact copy among the training rows. *RMSE in use* is the error on the same "
    "test rows when the same learner, told the same, has learned from the past alone; *flatters by* is the share by "
    "which the reported RMSE lies below it."
)


def _setting(verdict: Verdict, source: str) -> str:
    days = verdict.days
    return (
        f"PM2.5 of {days['site_id'].nunique()} sites that observe nearly every day, from {source}: {len(days):,} "
        f"site-days from {days['date_local'].min():%Y-%m-%d} to {days['date_local'].max():%Y-%m-%d} whose day before "
        f"was observed too. All protocols are judged on days of {verdict.last_year}, one day ahead. A random split "
        "trains on four fifths of all rows, the days around a test row among them. A rolling origin trains on the days "
        "before each half-year, less a gap as long as the horizon. Made by `make leakage` with "
        f"{', '.join(f'{library} {version(library)}' for library in LIBRARIES)}."
    )


def _row(found: Finding) -> tuple[str, ...]:
    """A line of the table."""
    outcome = found.outcome
    beside = ("–", "–") if found.protocol == OURS else (f"{outcome.rmse_in_use:.2f}", f"{outcome.flattery:.0%}")
    scores = f"{outcome.rmse:.2f}", f"{outcome.r2:.3f}", f"{outcome.skill:+.2f}"
    return found.protocol, found.learner, found.told, f"{outcome.rows:,}", f"{outcome.twins:.0%}", *scores, *beside


def _meaning(verdict: Verdict) -> str:
    """What the table means, by the case that is flattered most."""
    repeated = [found for found in verdict.findings if found.protocol == REPEATED]
    worst = max(repeated, key=lambda found: found.outcome.flattery)
    once = [f"{found.outcome.flattery:.0%}" for found in verdict.findings if found.protocol == ONCE]
    said, ours = worst.outcome, verdict.airwatch.outcome
    return (
        f"With the {AQS_REPEATS} rows that AQS gives for a day split at random, a {worst.learner} that is told "
        f"{worst.told} reports an RMSE of {said.rmse:.2f} µg/m³ and errs by {said.rmse_in_use:.2f} when it has to "
        f"forecast those days, flattered by {said.flattery:.0%}: it has looked up {said.twins:.0%} of its answers, and "
        f"tomorrow cannot be looked up. With one row a day the random split still flatters the learners by "
        f"{', '.join(once)}, in the order of the table. AirWatch reports {ours.rmse:.2f}, and errs by that."
    )


def _features(verdict: Verdict) -> str:
    """What the court found in AirWatch's own features."""
    days = " or ".join(f"{origin:%Y-%m-%d}" for origin in verdict.origins)
    changed = f"{len(verdict.leaks)} ({', '.join(verdict.leaks)})" if verdict.leaks else "none"
    return (
        f"Of AirWatch's {verdict.columns} features {changed} changed up to {days} when the days after it were taken "
        "away, or their values shuffled and replaced."
    )
