"""Of two runs at the same time the first to finish wins, the other says so, and no table is made of both."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from pandas.testing import assert_frame_equal

from airwatch import parts
from airwatch.datasets import BlocksTableDataset, TableDataset, TextFileDataset
from airwatch.hooks import RunHooks
from airwatch.ledger import LedgerDataset
from airwatch.messages import one_line
from airwatch.parts import PartsTableDataset
from airwatch.pipeline_registry import register_pipelines
from airwatch.stores.errors import OvertakenError
from airwatch.tables import MadeTable, StoredTable
from builders import build_days, build_run

LOST = "days was written by another run while this one worked: nothing of this one was written over it. Run again."
MINE, OTHERS = build_days(3, site="06-037-0001"), build_days(4, site="06-059-0002")
KINDS = {
    "table": lambda place: TableDataset(filepath=f"{place}/days.parquet"),
    "blocks": lambda place: BlocksTableDataset(filepath=f"{place}/days.parquet", schema="DailyObservations"),
    "parts": lambda place: PartsTableDataset(filepath=f"{place}/days", schema="DailyObservations"),
}


@pytest.fixture(params=["here", "S3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder of this machine, and a prefix of a bucket."""
    if request.param == "here":
        return str(tmp_path / "data")
    return f"s3://{request.getfixturevalue('faulty_s3').bucket}/data"


@pytest.fixture(params=KINDS)
def table(request: pytest.FixtureRequest, place: str) -> Callable[[], TableDataset | BlocksTableDataset]:
    """``table()``: the same table, as each run has it in its own catalog."""
    return lambda: KINDS[request.param](place)


@contextmanager
def loses(name: str = "days") -> Iterator[None]:
    """What is done within ends with the line of a run that was not the first."""
    with pytest.raises((DatasetError, OvertakenError)) as failed:
        yield
    assert one_line(failed.value) == LOST.replace("days", name)


def rows(found: pd.DataFrame | StoredTable) -> pd.DataFrame:
    return found if isinstance(found, pd.DataFrame) else found.read()


def noted(dataset):
    dataset.note()
    return dataset


def test_a_run_that_notes_goes_on_with_what_it_writes_itself(table):
    mine = noted(table())
    mine.save(OTHERS)
    mine.save(MINE)
    assert len(rows(mine.load())) == len(MINE)


@pytest.mark.parametrize("there", [True, False], ids=["over an old table", "where there was none"])
def test_a_run_writes_nothing_over_what_another_wrote_meanwhile(table, there):
    if there:
        table().save(build_days(2))
    mine = noted(table())
    noted(table()).save(OTHERS)
    with loses():
        mine.save(MINE)

    assert rows(table().load())["site_id"].unique().tolist() == ["06-059-0002"]


def test_a_run_does_not_go_on_with_a_table_that_another_wrote_meanwhile(table):
    table().save(MINE)
    mine = noted(table())
    table().save(OTHERS)
    with loses():
        mine.load()


@pytest.mark.parametrize("kind", ["blocks", "parts"])
def test_a_table_that_is_read_bit_by_bit_is_not_read_as_a_mixture_of_two(kind, place):
    KINDS[kind](place).save(MINE)
    mine = noted(KINDS[kind](place)).load()
    assert len(mine.read()) == len(MINE)
    KINDS[kind](place).save(OTHERS)
    with loses():
        mine.read()


@pytest.mark.parametrize("kind", ["blocks", "parts"])
def test_a_table_that_was_written_while_this_run_filled_it_stays(kind, place):
    def blocks():
        KINDS[kind](place).save(OTHERS)
        yield MINE

    with loses():
        noted(KINDS[kind](place)).save(MadeTable(blocks, {}))
    assert KINDS[kind](place).load().read()["site_id"].unique().tolist() == ["06-059-0002"]


def test_a_part_that_another_run_sweeps_up_while_it_is_written_is_told_as_such(place, monkeypatch):
    write = parts.write_blocks

    def slowly(file, frames):
        write(file, frames)
        monkeypatch.setattr(parts, "write_blocks", write)
        KINDS["parts"](place).save(OTHERS)

    mine = noted(KINDS["parts"](place))
    monkeypatch.setattr(parts, "write_blocks", slowly)
    with loses():
        mine.save(MINE)
    assert KINDS["parts"](place).load().read()["site_id"].unique().tolist() == ["06-059-0002"]


def test_two_runs_that_write_at_the_same_time_leave_one_whole_table(table):
    table().save(build_days(2))
    ready, told = threading.Barrier(2), []
    runs = {"06-037-0001": (noted(table()), MINE), "06-059-0002": (noted(table()), OTHERS)}

    def run(site):
        dataset, frame = runs[site]
        ready.wait()
        try:
            dataset.save(frame)
            told.append(site)
        except DatasetError as error:
            told.append(one_line(error))

    threads = [threading.Thread(target=run, args=(site,)) for site in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = set(runs) & set(told)
    assert set(told) == {won, LOST}
    assert_frame_equal(rows(table().load()), runs[won][1], check_dtype=False, check_categorical=False)


def test_a_report_is_not_written_over_another_run_s_either(place):
    mine = noted(TextFileDataset(filepath=f"{place}/card.md"))
    TextFileDataset(filepath=f"{place}/card.md").save("of another run")
    with loses("card"):
        mine.save("mine")
    assert TextFileDataset(filepath=f"{place}/card.md").load() == "of another run"


def test_of_two_runs_that_issue_from_one_origin_at_the_same_time_one_is_in_the_ledger(place):
    ready, told = threading.Barrier(2), []

    def run(mean):
        ledger = LedgerDataset(path=f"{place}/ledger")
        part = pd.DataFrame({"site_id": ["06-037-1103"], "mean": [mean]})
        ready.wait()
        try:
            ledger.save({"aqs/2021-06-30/0000": part})
            told.append(mean)
        except Exception as error:
            told.append(one_line(error))

    threads = [threading.Thread(target=run, args=(mean,)) for mean in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = {1.0, 2.0} & set(told)
    [lost] = set(told) - {won}
    assert re.fullmatch(r"\S+/ledger/aqs/2021-06-30/0000\.parquet was issued before; the ledger is never.*", lost)
    [read] = LedgerDataset(path=f"{place}/ledger").load().values()
    assert read()["mean"].tolist() == [won]


def catalog_of(place: str, begin: threading.Event, go_on: threading.Event | None) -> tuple[Pipeline, DataCatalog]:
    """A run that makes a table, says that it has begun, and reads it back when it may go on."""

    def make() -> pd.DataFrame:
        begin.set()
        assert go_on is None or go_on.wait(30)
        return MINE if go_on else OTHERS

    catalog = DataCatalog({"days": KINDS["blocks"](place), "params:run": MemoryDataset(build_run())})
    count = Node(lambda days: len(days.read()), "days", "count", name="count")
    return Pipeline([Node(make, None, "days", name="make"), count]), catalog


def test_of_two_runs_that_overlap_the_one_that_finishes_later_stops_with_one_line(place):
    begun, finished, told = threading.Event(), threading.Event(), []

    def slow() -> None:
        pipeline, catalog = catalog_of(place, begun, finished)
        try:
            RunHooks().before_pipeline_run(pipeline, catalog)
            SequentialRunner().run(pipeline, catalog)
        except Exception as error:
            told.append(one_line(error))

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(30)
    pipeline, catalog = catalog_of(place, threading.Event(), None)
    RunHooks().before_pipeline_run(pipeline, catalog)
    assert SequentialRunner().run(pipeline, catalog)["count"].load() == len(OTHERS)
    finished.set()
    thread.join(30)
    assert told == [LOST]
    assert rows(KINDS["blocks"](place).load())["site_id"].unique().tolist() == ["06-059-0002"]


def test_training_beside_inference_writes_no_table_that_the_other_reads_or_writes():
    pipelines = register_pipelines()
    training, inference = pipelines["training"], pipelines["inference"]
    shared = training.all_outputs() & inference.datasets() | inference.all_outputs() & training.datasets()
    assert {name for name in shared if not name.endswith(".model")} == set()  # MLflow sees to these
