"""What a check of data quality has found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

AREA = ""  # the site of a finding that is about all of the area


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a site.

    Attributes:
        row: The site's row; None for all of the area.
        check: Its name.
        since: Column of the first day that is wrong.
        until: Column of the last.
        value: What was measured.
        limit: What it was held against.
        note: In words.
    """

    row: int | None
    check: str
    since: int
    until: int
    value: float
    limit: float
    note: str

    @property
    def excess(self) -> float:
        """How many times the value is beyond the limit, in whichever direction that is."""
        value, limit = abs(self.value), abs(self.limit)
        return max(value / limit if limit else float("inf"), limit / value if value else float("inf"))


def together(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each site and check: the worst, with the days of all."""
    by_key: dict[tuple[int | None, str], list[Finding]] = {}
    for finding in findings:
        by_key.setdefault((finding.row, finding.check), []).append(finding)
    for same in by_key.values():
        since, until = min(each.since for each in same), max(each.until for each in same)
        worst = max(same, key=lambda each: each.excess)
        note = worst.note if len(same) == 1 else f"{worst.note} The worst of {len(same)}."
        yield replace(worst, since=since, until=until, note=note)
