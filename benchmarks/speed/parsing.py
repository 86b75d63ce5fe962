"""A reply of the AQS API, from its bytes to daily summaries: time against ``json.loads``, memory against the bytes.

The reply is generated: a metro's year of PM2.5 in the form of AQS's ``dailyData``, with the fields, the repetition and
the rows a day of the real one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from airwatch.archive import RawArchiveDataset, Reply
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import folder
from airwatch.pipelines.ingestion.tidy import tidy_summaries
from airwatch.schemas.observations import DailySummaries
from airwatch.sources.aqs_reply import DAILY_DATA, read_reply, to_frame
from airwatch.storing import checked
from airwatch.tables import BLOCK_ROWS
from benchmarks.speed.clock import peak_mib, take_turns
from benchmarks.speed.sizes import Measured, Sizes

ROWS = 39_348  # of PM2.5 in Los Angeles in 2020
FIRST, LAST = date(2020, 1, 1), date(2020, 12, 31)
SEED = 20
GAP_SHARE, EVENT_SHARE = 0.03, 0.02
STANDARDS = [f"PM25 {form} {year}" for year in (2006, 2012, 1997, 2024) for form in ("24-hour", "Annual")]
BLOCK, FILTER = ("X", "24-HR BLK AVG"), ("7", "24 HOUR")
HOURLY = (3, "170", "Met One BAM-1020 Mass Monitor w/VSCC - Beta Attenuation")
SAMPLER = (1, "145", "R & P Model 2025 PM-2.5 Sequential Air Sampler w/VSCC - Gravimetric")
RUN = RunParams(
    source="aqs", area={"cbsa": "31080"}, neighbourhood_km=0, pollutants=("pm25",), first_year=FIRST.year, as_of=LAST,
    origins="latest", horizon_days=7, model_version="champion", requests_per_minute=10, engine="local", seed=SEED,
)  # fmt: skip
INGESTION = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=())


def speed(sizes: Sizes) -> Measured:
    """To a typed frame, and on to stored and validated daily summaries, in turns with ``json.loads`` of the bytes."""
    rows = min(ROWS, sizes.small // 5)
    body = b"".join(pieces(rows))
    runs = {name: lambda step=step: step(body) for name, step in STEPS.items()}
    return Measured(take_turns(runs, sizes.rounds), {"rows": rows, "MB": len(body) / 1e6})


def memory(sizes: Sizes, step: str) -> Measured:
    """What a fresh process grows by at its highest, the body included, in one of ``STEPS``."""
    rows = min(ROWS, sizes.small // 5)
    STEPS[step](b"".join(pieces(100)))
    with TemporaryDirectory() as at:
        file = Path(at) / "reply.json"
        with file.open("wb") as out:
            out.writelines(pieces(rows))
        before = peak_mib()
        body = file.read_bytes()
        STEPS[step](body)
    peak, held = peak_mib(), len(body) / 2**20
    facts = {"rows": rows, "body MiB": held, "before MiB": before, "peak MiB": peak, "bodies": (peak - before) / held}
    return Measured({}, facts)


def frame(body: bytes) -> pd.DataFrame:
    """What the client of AQS makes of a body."""
    return to_frame(read_reply(body), DAILY_DATA)


def summaries(body: bytes) -> list[pd.DataFrame]:
    """What ingestion makes of a body: a reply in the archive, and from there ``DailySummaries``, checked."""
    rows = frame(body).assign(source=RUN.source, fetched_at=pd.Timestamp(LAST))
    reply = Reply(folder(RUN, "pm25", RUN.area, FIRST.year), "days", FIRST, LAST, LAST, LAST)
    with TemporaryDirectory() as root:
        dataset = RawArchiveDataset(path=root)
        dataset.save({reply.name: rows})
        del rows
        table = tidy_summaries(dataset.load(), pd.DataFrame(), RUN, INGESTION)
        return list(checked(table.blocks(BLOCK_ROWS), DailySummaries, "daily_summaries"))


STEPS: dict[str, Callable[[bytes], object]] = {"json.loads": json.loads, "frame": frame, "summaries": summaries}


def pieces(rows: int) -> Iterator[bytes]:
    """The body of a reply of so many rows, as compact as AQS sends it, row by row."""
    header = {"status": "Success", "request_time": "2026-05-12T12:05:43-04:00", "url": "aqs", "rows": rows}
    yield b'{"Header":[' + json.dumps(header).encode() + b'],"Data":['
    for number, row in enumerate(islice(_rows(random.Random(SEED)), rows)):
        yield (b"," if number else b"") + json.dumps(row, separators=(",", ":")).encode()
    yield b"]}"


def _rows(rng: random.Random) -> Iterator[dict[str, object]]:
    """Rows of one site after the other, without end: each has hourly values, every third also a filter."""
    days = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
    for site in range(1, 10_000):
        for instrument, every in ((SAMPLER, 3), (HOURLY, 1)) if site % 3 == 0 else ((HOURLY, 1),):
            for day in days[::every]:
                if rng.random() >= GAP_SHARE:
                    yield from _day(site, instrument, day, rng)


def _day(site: int, instrument: tuple[int, str, str], day: date, rng: random.Random) -> Iterator[dict[str, object]]:
    """The rows of a monitor and day: one for each standard, the hours', and all twice where there was an event."""
    poc, method_code, method = instrument
    value, hour = round(rng.lognormvariate(2.2, 0.5), 1), rng.randrange(24)
    own = {"site_number": f"{site:04d}", "poc": poc, "latitude": 34.0 + site / 1e4, "longitude": -118.2 - site / 1e4}
    own |= {"method_code": method_code, "method": method, "local_site_name": f"North Street {site}"}
    own |= {"site_address": f"{site} NORTH MAIN STREET", "date_local": str(day), "aqi": round(4 * value)}
    own |= {"arithmetic_mean": value, "first_max_value": value, "city": f"City {site % 7}"}
    of_hours = {"observation_count": 24, "first_max_hour": hour, "aqi": None, "first_max_value": round(1.7 * value, 1)}
    of_hours["arithmetic_mean"] = round(value + rng.random() / 20, 6)
    for event in ("Events Included", "Concurred Events Excluded") if rng.random() < EVENT_SHARE else ("No Events",):
        if instrument is HOURLY:
            yield _row("1", "1 HOUR", None, event, own | of_hours)
        for standard in STANDARDS:
            yield _row(*(BLOCK if instrument is HOURLY else FILTER), standard, event, own)


def _row(code: str, duration: str, standard: str | None, event: str, own: dict[str, object]) -> dict[str, object]:
    row = SHARED | {"sample_duration_code": code, "sample_duration": duration, "pollutant_standard": standard}
    row |= {"event_type": event} | own
    return {name: row[name] for name in DAILY_DATA.fields}


SHARED: dict[str, object] = {
    "state_code": "06", "county_code": "037", "parameter_code": "88101", "datum": "WGS84",
    "parameter": "PM2.5 - Local Conditions", "units_of_measure": "Micrograms/cubic meter (LC)", "observation_count": 1,
    "observation_percent": 100.0, "validity_indicator": "Y", "first_max_hour": 0, "state": "California",
    "county": "Los Angeles", "cbsa_code": "31080", "cbsa": "Los Angeles-Long Beach-Anaheim, CA",
    "date_of_last_change": "2024-08-07",
}  # fmt: skip
