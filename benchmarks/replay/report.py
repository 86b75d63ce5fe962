"""The figures of a replay as a page and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.replay.count import LONGEST_DAYS, ONSETS_EVERY_DAYS, Delay, incidents, years
from benchmarks.replay.faults import FAULTS
from benchmarks.replay.history import FORECASTER, History
from benchmarks.replay.walk import SMOKY_SHARE, weeks

MOST_A_YEAR = 2.0  # the bound of the project, for Los Angeles
TRUE = ("silent", "freshness")  # of a site that is silent monitoring says only that it is


@dataclass(frozen=True)
class Replay:
    """What one metro's replay found.

    Attributes:
        history: The metro.
        found: All tests of all weeks.
        delays: Of the faults that were put in.
        smoky_share: Of its site-days.
    """

    history: History
    found: pd.DataFrame
    delays: list[Delay]
    smoky_share: float

    @property
    def false_alarms(self) -> pd.DataFrame:
        """Alarms that nothing was put in for, but silence."""
        opened = incidents(self.found)
        return opened[~opened["test"].isin(TRUE)]

    def a_year(self, in_smoke: bool) -> float:
        """False alarms a year, in smoke or outside it."""
        return float((self.false_alarms["in_smoke"] == in_smoke).sum()) / years(weeks(self.history))


def write(replays: list[Replay], command: str, out: Path) -> list[Path]:
    """Write ``replay.md`` and ``replay.json``."""
    out.mkdir(parents=True, exist_ok=True)
    page, data = out / "replay.md", out / "replay.json"
    page.write_text("\n".join(_page(replays, command)) + "\n", encoding="utf-8")
    document = {"command": command, "metros": [_document(replay) for replay in replays]}
    data.write_text(json.dumps(document, indent=1, default=str) + "\n", encoding="utf-8")
    return [page, data]


def _page(replays: list[Replay], command: str) -> Iterator[str]:
    yield from (
        "# Replay of monitoring over real years",
        "",
        f"Made by `{command}`. Monitoring ran as of every seventh day, by the nodes of the pipeline",
        f"and the parameters of `conf/base`; forecasts are those of {FORECASTER}, refitted each year on the days",
        "before, one day ahead. How the limits were chosen, on other metros and years, stands in `docs/monitoring.md`.",
        "Values, with a fault or without, are daily summaries, of which the policy of feature engineering makes the",
        "observations: what is not plausible is left out of them.",
        "",
        "## False alarms",
        "",
        "Alarms while nothing was put in, weeks in a row counted once (a new one after 28 days without). Some of them",
        "are true, for instruments of these years did change. In smoke: more than "
        f"{SMOKY_SHARE:.0%} of the site-days that an".replace("%", " %"),
        "alarm speaks of were smoke. Silent sites are listed apart: it is true that they were silent.",
        "",
        "| | weeks | sites | smoke, of site-days | false alarms a year outside smoke | in smoke | silent a year |",
        "|---|---|---|---|---|---|---|",
    )
    for replay in replays:
        opened, length = incidents(replay.found), years(weeks(replay.history))
        silent, title = opened["test"].isin(TRUE).sum() / length, replay.history.metro.title
        yield (
            f"| {title} | {len(weeks(replay.history))} | {len(replay.history.sites)} | {_percent(replay.smoky_share)} "
            f"| **{replay.a_year(False):.2f}** | {replay.a_year(True):.2f} | {silent:.1f} |"
        )
    yield from ("", "By test, a year, outside smoke:", "", *_by_test(replays))
    yield from ("", "## Delay", "", *_delay_words(), *_by_fault(replays))


def _by_test(replays: list[Replay]) -> Iterator[str]:
    run = pd.concat([replay.found[["kind", "test"]] for replay in replays]).drop_duplicates()
    shown = [(kind, test) for kind, test in sorted(run.itertuples(index=False)) if test not in TRUE]
    yield "| | " + " | ".join(f"{kind}: {test}" for kind, test in shown) + " |"
    yield "|---|" + "---|" * len(shown)
    for replay in replays:
        outside = replay.false_alarms[~replay.false_alarms["in_smoke"]]
        length = years(weeks(replay.history))
        counts = [((outside["kind"] == kind) & (outside["test"] == test)).sum() / length for kind, test in shown]
        yield f"| {replay.history.metro.title} | " + " | ".join(f"{count:.2f}" for count in counts) + " |"


def _delay_words() -> Iterator[str]:
    yield from (
        f"Each fault was put in every {ONSETS_EVERY_DAYS} days, at each site where it is one of a site and no alarm",
        f"stood, and monitoring ran week by week until it was named, {LONGEST_DAYS} days at most. Days are counted",
        "from the first faulty day to the run that named it, up to six of them the wait for the run; a fault that",
        "was not found counts as longer than all others.",
        "",
        "| | fault | put in | found | within 90 days | median delay, days | 90 % within, days | found by |",
        "|---|---|---|---|---|---|---|---|",
    )


def _by_fault(replays: list[Replay]) -> Iterator[str]:
    for replay in replays:
        for fault in FAULTS:
            its = [delay for delay in replay.delays if delay.fault == fault.name]
            if not its:
                yield f"| {replay.history.metro.title} | {fault.name} | 0 | | | | | |"
                continue
            days = sorted(LONGEST_DAYS + 1 if delay.days is None else delay.days for delay in its)
            found = sum(day <= LONGEST_DAYS for day in days)
            by = sorted({delay.test for delay in its if delay.test})
            yield (
                f"| {replay.history.metro.title} | {fault.name} | {len(its)} | {found} "
                f"| {sum(day <= 90 for day in days)} | {_at(days, 0.5)} | {_at(days, 0.9)} | {', '.join(by)} |"
            )


def _at(days: list[int], share: float) -> str:
    """The delay within which a share was found."""
    day = days[min(int(share * len(days)), len(days) - 1)]
    return str(day) if day <= LONGEST_DAYS else f"more than {LONGEST_DAYS}"


def _document(replay: Replay) -> dict[str, Any]:
    opened = incidents(replay.found)
    return {
        **asdict(replay.history.metro),
        "years": round(years(weeks(replay.history)), 2),
        "sites": len(replay.history.sites),
        "smoky_share": round(replay.smoky_share, 4),
        "false_alarms_a_year_outside_smoke": round(replay.a_year(False), 3),
        "false_alarms_a_year_in_smoke": round(replay.a_year(True), 3),
        "alarms": opened.astype({"opened": str, "closed": str}).to_dict("records"),
        "delays": [asdict(delay) | {"onset": f"{delay.onset:%Y-%m-%d}"} for delay in replay.delays],
    }


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
