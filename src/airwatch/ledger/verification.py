"""Whether the ledger is what was issued: the chain of a source walked from its first issue to its newest.

What cannot be seen from within: that the newest issues were taken away, or that somebody who may write made the whole
chain anew. Against both helps a hash of the newest issue that was noted elsewhere: it has to be in the chain still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.ledger.seals import ROW_SEAL, Issue, issue_of, row_seals
from airwatch.tables import UnreadableTableError


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the ledger that is not what was issued.

    Attributes:
        part: Its name.
        number: Its place in the chain, or where it would be.
        what: ``changed``, ``removed``, ``inserted`` or ``reordered``.
        told: In words.
        site_id: Of the first row that differs; empty where it cannot be told.
        target_date: Likewise.
    """

    part: str
    number: int
    what: str
    told: str
    site_id: str = ""
    target_date: pd.Timestamp | None = None


@dataclass(frozen=True)
class Chain:
    """What was found in the ledger of a source.

    Attributes:
        source: Such as ``aqs``.
        issues: How many are in the chain.
        rows: Of all parts.
        newest: The hash of the newest issue, by name; of two where they were issued at the same moment.
        unchained: Names of the parts that were issued before there was a chain.
        faults: In the order of the chain; none where all is as it was issued.
    """

    source: str
    issues: int
    rows: int
    newest: Mapping[str, str]
    unchained: tuple[str, ...]
    faults: tuple[Fault, ...]


def verify_chain(source: str, parts: Mapping[str, Callable[[], pd.DataFrame]], head: str = "") -> Chain:
    """Walk the chain of a source.

    Args:
        source: Its name.
        parts: What reads each of its parts with its seals (``LedgerDataset.sealed_parts``); one is read at a time.
        head: The hash of an issue that has to be there, or its beginning; empty: none has.
    """
    found = {name: _read(name, read) for name, read in parts.items()}
    walk = _Walk(found, {name: part for name, part in found.items() if part.issue is not None})
    faults = [*(part.fault for part in found.values() if part.fault), *walk.faults(), *walk.cut_off(head)]
    return Chain(
        source,
        len(walk.chained),
        sum(part.rows for part in found.values()),
        {part.name: part.given for part in walk.at_end},
        tuple(name for name, part in found.items() if part.issue is None and (name in walk.old or not walk.chained)),
        tuple(_first_of_each(faults)),
    )


@dataclass(frozen=True)
class _Part:
    """A part as it lies there: what is known of it and the hash that it was given, and what its rows are."""

    name: str
    issue: Issue | None
    given: str
    rows: int
    rows_hash: str
    fault: Fault | None


def _read(name: str, read: Callable[[], pd.DataFrame]) -> _Part:
    """A part, its rows hashed and let go of."""
    try:
        frame = read()
        seals, rows_hash = row_seals(frame)
    except (UnreadableTableError, FileNotFoundError, TypeError, ValueError) as error:  # or holds what no forecast does
        return _Part(name, None, "", 0, "", Fault(name, 0, "changed", f"it cannot be read: {error}"))
    known = issue_of(frame.attrs)
    if known is None:
        return _Part(name, None, "", len(frame), rows_hash, None)
    issue, given = known
    fault = None
    if issue.rows_hash != rows_hash:
        fault = _changed_rows(frame, seals, issue, name)
    elif issue.hash != given:
        fault = Fault(name, issue.number, "changed", "what is known of the issue does not fit its hash")
    elif not np.array_equal(frame.get(ROW_SEAL, []), seals):
        fault = Fault(name, issue.number, "changed", "its rows are what was issued, and their seals are not")
    return _Part(name, issue, given, len(frame), rows_hash, fault)


def _changed_rows(frame: pd.DataFrame, seals: NDArray[np.int64], issue: Issue, name: str) -> Fault:
    """Rows that are not those that were issued, with the first that differs."""
    counted = "its rows are not what was issued"
    if len(frame) != issue.rows:
        counted = f"it has {len(frame)} rows and was issued with {issue.rows}"
    wrong = np.flatnonzero(frame[ROW_SEAL].to_numpy() != seals) if ROW_SEAL in frame else np.array([], dtype=np.int64)
    if not len(wrong):
        return Fault(name, issue.number, "changed", counted)
    row = frame.iloc[wrong[0]]
    site, day = str(row.get("site_id", "")), row.get("target_date")
    first = " ".join(filter(None, [site, str(row.get("pollutant", "")), f"for {day:%Y-%m-%d}" if day else ""]))
    return Fault(name, issue.number, "changed", f"{counted}; the first that differs: {first}", site, day)


@dataclass(frozen=True)
class _Walk:
    """The parts of a source, and those of them that are in its chain, by name."""

    found: Mapping[str, _Part]
    chained: Mapping[str, _Part]

    @cached_property
    def by_hash(self) -> dict[str, Issue]:
        """The issues by the hash that they were given."""
        return {part.given: part.issue for part in self.chained.values() if part.issue}

    @cached_property
    def old(self) -> dict[str, str]:
        """The hash of the rows of each part that was issued before there was a chain."""
        return {name: rows for issue in self.by_hash.values() for name, rows in issue.unchained.items()}

    @cached_property
    def followed(self) -> dict[str, tuple[str, Issue]]:
        """Of each issue that another one follows its hash, as that one holds it, and that one."""
        return {name: (given, issue) for issue in self.by_hash.values() for name, given in issue.before.items()}

    @cached_property
    def at_end(self) -> list[_Part]:
        """The newest issues."""
        fitting = [part for part in self.chained.values() if part.issue and self._fits(part.issue)]
        newest = max((part.issue.number for part in fitting if part.issue), default=0)
        return [part for part in fitting if part.issue and part.issue.number == newest]

    def faults(self) -> Iterator[Fault]:
        """All that does not fit together; what is wrong within a part is not told here."""
        yield from self._misplaced()
        yield from self._broken_links()
        yield from self._beside()
        yield from self._without_seal()
        for name in self.old.keys() - self.found.keys():
            yield Fault(name, 0, "removed", "it was issued before there was a chain, whose first issue knows it")

    def cut_off(self, head: str) -> Iterator[Fault]:
        """The hash that was noted elsewhere is not there."""
        if head and not any(given.startswith(head) for given in self.by_hash):
            end = max((issue.number for issue in self.by_hash.values()), default=0)
            yield Fault(
                "", end + 1, "removed", f"no issue has the hash {head}: the newest were taken away or made anew"
            )

    def _fits(self, issue: Issue) -> bool:
        """Whether its number follows those before it, of which some may be gone."""
        before = [self.by_hash[given].number for given in issue.before.values() if given in self.by_hash]
        gone = len(before) < len(issue.before)
        return gone or issue.number == 1 + max(before, default=0)

    def _misplaced(self) -> Iterator[Fault]:
        """Parts that lie under another name than they were issued under."""
        for name, part in self.chained.items():
            if part.issue and part.issue.name != name:
                original = self.chained.get(part.issue.name)
                if original and original.given == part.given:
                    yield Fault(name, part.issue.number, "inserted", f"it is a copy of {part.issue.name}")
                else:
                    yield Fault(name, part.issue.number, "reordered", f"it was issued as {part.issue.name}")

    @cached_property
    def broken(self) -> dict[str, Issue]:
        """The names of issues that are gone, or are others than they were, each with the one that follows it."""
        return {name: after for name, (given, after) in self.followed.items() if given not in self.by_hash}

    @cached_property
    def missing(self) -> set[int]:
        """Numbers that no issue has."""
        newest = max((issue.number for issue in self.by_hash.values()), default=0)
        return set(range(1, newest + 1)) - {issue.number for issue in self.by_hash.values()}

    def _broken_links(self) -> Iterator[Fault]:
        """Issues that are gone, or are others than they were."""
        for name, after in self.broken.items():
            number = after.number - 1
            if name not in self.found:
                yield Fault(name, number, "removed", f"{after.name} follows it, and it is not there")
            elif name in self.chained:
                yield Fault(
                    name, number, "changed", f"its hash is not the one that {after.name}, which follows it, has"
                )
            else:
                yield Fault(name, number, "changed", f"its seal is gone; {after.name} follows it")
        for number in sorted(self.missing - {after.number - 1 for after in self.broken.values()}):
            yield Fault("", number, "removed", f"no part is issue {number}")

    def _beside(self) -> Iterator[Fault]:
        """Issues that no other follows and that are not the newest, but for those whose next one is gone."""
        ends, followed = {part.name for part in self.at_end}, {given for given, _ in self.followed.values()}
        before_gaps = {after.number - 2 for after in self.broken.values()} | {number - 1 for number in self.missing}
        for name, part in self.chained.items():
            alone = part.given not in followed and name not in ends
            if part.issue and part.issue.name == name and alone and part.issue.number not in before_gaps:
                yield Fault(name, part.issue.number, "inserted", "no issue follows it, and it is not the newest")

    def _without_seal(self) -> Iterator[Fault]:
        """Parts that no chain holds: of an earlier version, or put in."""
        for name, part in self.found.items():
            if part.issue or part.fault or not self.chained or name in self.followed:
                continue
            if name not in self.old:
                yield Fault(name, 0, "inserted", "it has no seal, and the chain does not know it")
            elif self.old[name] != part.rows_hash:
                yield Fault(name, 0, "changed", "its rows are not those that were there when the chain began")


def _first_of_each(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults in the order of the chain, one of each part."""
    told: set[tuple[str, int]] = set()
    for fault in sorted(faults, key=lambda fault: (fault.number, fault.part)):
        key = (fault.part, 0 if fault.part else fault.number)
        if key not in told:
            told.add(key)
            yield fault
