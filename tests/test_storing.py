import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.datasets import BlocksTableDataset
from airwatch.messages import one_line
from airwatch.tables import MadeTable
from builders import build_days, build_summaries

SITES = ("06-037-0001", "06-037-0002", "06-059-0003")
BLOCKS = [build_days(4, site=site) for site in SITES]


@pytest.fixture
def days(tmp_path):
    return BlocksTableDataset(filepath=f"{tmp_path}/deep/days.parquet", schema="DailyObservations")


@pytest.mark.parametrize(
    "held", [pd.concat(BLOCKS, ignore_index=True), BLOCKS, MadeTable(lambda: BLOCKS)], ids=["frame", "frames", "table"]
)
def test_a_table_comes_back_as_it_was_saved(days, held):
    days.save(held)
    assert_frame_equal(days.load().read(), schemas.DailyObservations.validate(pd.concat(BLOCKS, ignore_index=True)))
    assert days.exists()


def test_frames_are_taken_one_after_the_other_and_written_in_row_groups_of_whole_sites(days, monkeypatch):
    monkeypatch.setattr("airwatch.datasets.BLOCK_ROWS", 8)
    days.save(iter(BLOCKS))
    table = days.load()
    assert [group.num_rows for _, group in table._row_groups()] == [8, 4]
    assert len(table) == 12


def test_the_attributes_are_those_of_the_first_frame(days):
    first = BLOCKS[0].copy()
    first.attrs = {"made_for": {"source": "sandbox-20"}}
    days.save(iter([first, *BLOCKS[1:]]))
    assert days.load().attrs == first.attrs


def test_nothing_is_an_empty_table_of_the_schema_s_columns(days):
    days.save(schemas.empty("DailyObservations"))
    assert_frame_equal(days.load().read(), schemas.empty("DailyObservations"))


def test_categories_that_a_later_block_brings_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("airwatch.datasets.BLOCK_ROWS", 1)
    table = BlocksTableDataset(filepath=f"{tmp_path}/summaries.parquet", schema="DailySummaries")
    blocks = [
        build_summaries(2, site_id=site, event_type=event) for site, event in zip(SITES, (None, "a", "b"), strict=True)
    ]
    table.save(iter(blocks))
    found = table.load().read()
    assert found["site_id"].tolist() == [SITES[0]] * 2 + [SITES[1]] * 2 + [SITES[2]] * 2
    assert found["event_type"].astype("str").fillna("").tolist() == ["", "", "a", "a", "b", "b"]
    assert isinstance(found["event_type"].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 0, 1]], ids=["out of order", "twice"])
def test_blocks_out_of_order_or_given_twice_leave_the_old_table(days, monkeypatch, tmp_path, order):
    monkeypatch.setattr("airwatch.datasets.BLOCK_ROWS", 4)
    days.save(BLOCKS[0])
    with pytest.raises(DataValidationError) as refused:
        days.save(iter([BLOCKS[number] for number in order]))
    assert "The table days breaks its rules" in one_line(refused.value)
    assert len(days.load()) == 4
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["days.parquet"]


def test_a_mistake_in_a_later_block_leaves_the_old_table(days, monkeypatch):
    monkeypatch.setattr("airwatch.datasets.BLOCK_ROWS", 4)
    days.save(BLOCKS[0])
    with pytest.raises(DataValidationError, match="value"):
        days.save(iter([*BLOCKS[:2], BLOCKS[2].assign(value=float("nan"))]))
    assert len(days.load()) == 4


def test_a_failure_while_the_frames_are_made_leaves_no_table(days, tmp_path):
    def failing():
        yield BLOCKS[0]
        raise ValueError("a mistake")

    with pytest.raises(DatasetError, match="a mistake"):
        days.save(failing())
    assert not days.exists()
    assert list((tmp_path / "deep").iterdir()) == []


def test_a_table_without_a_column_is_refused_when_it_is_loaded(days, tmp_path):
    (tmp_path / "deep").mkdir()
    BLOCKS[0].drop(columns="value").to_parquet(tmp_path / "deep/days.parquet")
    with pytest.raises(DataValidationError, match="value"):
        days.load()


def test_a_table_that_is_not_there_is_an_error_that_names_it(days):
    with pytest.raises(DatasetError, match=r"days\.parquet is not there; run the pipeline that makes it"):
        days.load()


def test_the_first_rows_are_shown_as_texts_and_numbers(days):
    days.save(iter(BLOCKS))
    shown = days.preview(2)
    assert shown["data"][1][:4] == [SITES[0], "pm25", "2023-01-02", 2.0]
    assert len(shown["data"]) == 2


def test_a_table_on_s3_comes_back(faulty_s3):
    table = BlocksTableDataset(filepath=f"s3://{faulty_s3.bucket}/days.parquet", schema="DailyObservations")
    table.save(iter(BLOCKS))
    assert len(table.load().read(pollutant="pm25", site_ids=[SITES[1]])) == 4
