import io

import numpy as np
import pandas as pd
import pytest
from fsspec.implementations.local import LocalFileSystem

from airwatch.inspection.parquet import Footers
from airwatch.schemas import DailyObservations
from airwatch.tables import UnreadableTableError
from builders import build_days

HERE, THERE = "06-037-1103", "06-037-4004"


class Counting(LocalFileSystem):
    """Counts the bytes that are read."""

    cachable = False
    read = 0

    def open(self, path, mode="rb", **options):
        fs = self

        class File(io.FileIO):
            def readinto(self, buffer):
                count = super().readinto(buffer)
                fs.read += count
                return count

            def read(self, size=-1):
                content = super().read(size)
                fs.read += len(content)
                return content

        return File(path)


@pytest.fixture
def stored(tmp_path):
    """Three days of one site and two of another, in two row groups; where it lies."""
    frame = pd.concat(
        [build_days(3, site=HERE, values=[4.0, 2.0, 6.0]), build_days(2, "2023-03-01", site=THERE)], ignore_index=True
    )
    frame.loc[1, "observation_percent"] = None
    frame.attrs = {"made_for": {"area": "state-06"}}
    path = tmp_path / "daily_observations.parquet"
    frame.to_parquet(path, row_group_size=3)
    return path


def test_a_table_is_counted_from_its_end(stored):
    found = Footers.of(LocalFileSystem(), str(stored))
    assert (found.rows, len(found.groups), len(found.files)) == (5, 2, 1)
    assert found.bytes == stored.stat().st_size
    assert found.attrs == {"made_for": {"area": "state-06"}}


def test_its_days_sites_and_bounds_are_those_of_its_rows(stored):
    found = Footers.of(LocalFileSystem(), str(stored))
    assert found.days == (pd.Timestamp("2023-01-01"), pd.Timestamp("2023-03-02"))
    assert found.sites() == 2
    assert found.bounds("value") == (1.0, 6.0)  # 4, 2, 6 here and 1, 2 there


def test_its_columns_say_what_they_hold(stored):
    columns = {row["column"]: row for row in Footers.of(LocalFileSystem(), str(stored)).columns(DailyObservations)}
    assert [name for name, row in columns.items() if row["key"]] == ["site_id", "pollutant", "date_local"]
    assert (columns["site_id"]["type"], columns["date_local"]["type"]) == ("text", "timestamp")
    assert (columns["site_id"]["least"], columns["site_id"]["greatest"]) == (HERE, THERE)
    assert columns["observation_percent"]["nulls"] == 1
    assert columns["value"]["bytes"] > 0


@pytest.mark.parametrize("rows", [0, 2, 4, 99])
def test_its_first_rows_are_as_many_as_asked(stored, rows):
    head = Footers.of(LocalFileSystem(), str(stored)).head(rows)
    assert head["value"].tolist() == [4.0, 2.0, 6.0, 1.0, 2.0][:rows]
    assert "site_id" in head


def test_it_is_not_read(tmp_path):
    numbers = np.random.default_rng(1).random((200_000, 4))
    frame = pd.DataFrame(numbers, columns=list("abcd")).assign(site_id=HERE, origin_date=pd.Timestamp("2023-01-01"))
    frame.to_parquet(tmp_path / "large.parquet", row_group_size=10_000)
    fs = Counting()
    found = Footers.of(fs, str(tmp_path / "large.parquet"))
    assert (found.rows, found.sites(), found.days[0], len(found.head(3))) == (200_000, 1, pd.Timestamp("2023-01-01"), 3)
    assert len(found.columns(None)) == 6
    assert 0 < fs.read < found.bytes / 10


def test_a_folder_is_the_files_that_its_list_names(tmp_path):
    for number, days in enumerate((2, 3, 4)):
        build_days(days, f"2023-0{number + 1}-01").to_parquet(tmp_path / f"000001-{number}.parquet")
    (tmp_path / "_parts.json").write_text('["000001-0.parquet", "000001-2.parquet"]')
    found = Footers.of(LocalFileSystem(), str(tmp_path))
    assert (found.rows, len(found.files), found.days[1]) == (6, 2, pd.Timestamp("2023-03-04"))
    assert found.head(3)["date_local"].dt.month.tolist() == [1, 1, 3]


def test_an_empty_table_has_neither_days_nor_bounds(tmp_path):
    build_days(1).iloc[:0].to_parquet(tmp_path / "empty.parquet")
    found = Footers.of(LocalFileSystem(), str(tmp_path / "empty.parquet"))
    assert (found.rows, found.days, found.sites(), len(found.head(5))) == (0, None, 0, 0)
    assert {row["least"] for row in found.columns(None)} == {None}


def test_days_are_found_where_a_table_has_other_dates(tmp_path):
    frame = pd.DataFrame({"first_day": pd.to_datetime(["2021-05-01"]), "last_day": pd.to_datetime(["2022-06-30"])})
    frame.to_parquet(tmp_path / "sites.parquet")
    found = Footers.of(LocalFileSystem(), str(tmp_path / "sites.parquet"))
    assert found.days == (pd.Timestamp("2021-05-01"), pd.Timestamp("2022-06-30"))
    assert found.sites() is None


def test_a_damaged_file_is_named(stored):
    stored.write_bytes(stored.read_bytes()[:-20])
    with pytest.raises(UnreadableTableError, match=r"daily_observations\.parquet is not a readable"):
        Footers.of(LocalFileSystem(), str(stored))
