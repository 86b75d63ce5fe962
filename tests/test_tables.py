import fsspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from airwatch.tables import MadeTable, StoredTable, UnreadableTableError, WorkTable, as_table
from builders import build_days

LOCAL = fsspec.filesystem("file")
SITES = ("06-037-0001", "06-037-0002", "06-059-0003")
# Three days of PM2.5 and of ozone at each of three sites.
DAYS = pd.concat(
    [build_days(3, site=site, pollutant=name) for site in SITES for name in ("ozone", "pm25")], ignore_index=True
)
DAYS.attrs = {"made_for": {"source": "sandbox-20"}}


@pytest.fixture(params=["in memory", "a file", "a folder of files"])
def table(request, tmp_path):
    """The same table, however it is held; the file has a row group for each site and pollutant."""
    if request.param == "in memory":
        return as_table(DAYS)
    if request.param == "a file":
        DAYS.to_parquet(tmp_path / "days.parquet", row_group_size=3)
        return StoredTable(LOCAL, f"{tmp_path}/days.parquet")
    (tmp_path / "days").mkdir()
    for number, site in enumerate(SITES):
        part = DAYS[DAYS["site_id"] == site]
        part.to_parquet(tmp_path / f"days/{number:03d}.parquet", row_group_size=2)
    return StoredTable(LOCAL, f"{tmp_path}/days")


def test_a_table_reads_as_the_frame_it_is(table):
    assert_frame_equal(table.read(), DAYS)
    assert table.read().attrs == table.attrs == DAYS.attrs
    assert (table.columns, len(table), table.newest) == (list(DAYS.columns), 18, pd.Timestamp("2023-01-03"))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"pollutant": "pm25"}, 9),
        ({"pollutant": ["pm25", "ozone"]}, 18),
        ({"pollutant": []}, 0),
        ({"pollutant": "co"}, 0),
        ({"site_ids": [SITES[0], SITES[2]]}, 12),
        ({"first": pd.Timestamp("2023-01-02")}, 12),
        ({"last": pd.Timestamp("2023-01-01")}, 6),
        ({"first": pd.Timestamp("2023-01-02"), "last": pd.Timestamp("2023-01-02"), "pollutant": "pm25"}, 3),
        ({"first": pd.NaT}, 0),
    ],
)
def test_a_table_reads_the_rows_that_are_asked_for_with_their_columns_alone(table, where, rows):
    found = table.read(["value", "poc"], **where)
    assert list(found.columns) == ["value", "poc"]
    assert found.dtypes.tolist() == DAYS[["value", "poc"]].dtypes.tolist()
    assert found.index.tolist() == list(range(rows))


def test_only_the_row_groups_that_can_hold_what_is_asked_are_read(tmp_path, monkeypatch):
    DAYS.to_parquet(tmp_path / "days.parquet", row_group_size=3)
    asked = []
    whole = pq.ParquetFile.iter_batches

    def iter_batches(self, *arguments, row_groups, **options):
        asked.extend(row_groups)
        return whole(self, *arguments, row_groups=row_groups, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", iter_batches)
    StoredTable(LOCAL, f"{tmp_path}/days.parquet").read(pollutant="pm25", site_ids=SITES[1:])
    assert asked == [3, 5]


@pytest.mark.parametrize(("rows", "lengths"), [(1, [6, 6, 6]), (11, [6, 6, 6]), (12, [12, 6]), (18, [18])])
def test_a_block_parts_no_site(table, rows, lengths):
    blocks = list(table.blocks(rows))
    assert [len(block) for block in blocks] == lengths
    assert_frame_equal(pd.concat(blocks, ignore_index=True), DAYS)
    assert all(block.attrs == DAYS.attrs for block in blocks)


def test_blocks_of_columns_without_the_site_part_no_site_either(table):
    assert [block.columns.tolist() for block in table.blocks(6, ["value"])] == [["value"]] * 3


def test_a_table_in_which_nothing_is_found_is_one_empty_block(table):
    [block] = table.blocks(6, ["value"], pollutant="co")
    assert block.dtypes.tolist() == [np.dtype("float64")]
    assert block.empty


def test_a_made_table_is_made_each_time_it_is_read():
    made = []
    table = MadeTable(lambda: (made.append(site) or DAYS[DAYS["site_id"] == site] for site in SITES), {"a": 1})
    assert len(table.read()) == len(table.read()) == 18
    assert made == [*SITES, *SITES]
    assert table.read().attrs == {"a": 1}


def test_the_newest_day_of_nothing_is_missing(tmp_path):
    DAYS.iloc[:0].to_parquet(tmp_path / "days.parquet")
    assert StoredTable(LOCAL, f"{tmp_path}/days.parquet").newest is pd.NaT
    assert as_table(DAYS.iloc[:0]).newest is pd.NaT


def test_the_newest_day_is_read_where_the_file_does_not_tell_it(tmp_path):
    DAYS.to_parquet(tmp_path / "days.parquet", write_statistics=False)
    table = StoredTable(LOCAL, f"{tmp_path}/days.parquet")
    assert table.newest == pd.Timestamp("2023-01-03")
    assert len(table.read(pollutant="pm25")) == 9


def test_a_page_that_is_damaged_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "days.parquet"
    DAYS.to_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:400] = b"\0" * 396
    path.write_bytes(content)
    with pytest.raises(UnreadableTableError, match=r"days\.parquet is not a readable parquet table .*Move it away"):
        StoredTable(LOCAL, str(path)).read()


def test_a_work_table_is_made_of_its_items_by_whoever_does_the_work():
    asked = []

    class Mapper:
        def map(self, work, items):
            for item in items:
                asked.append(item)
                yield work(item)

    table = WorkTable(Mapper(), lambda site: DAYS[DAYS["site_id"] == site], lambda: iter(SITES), DAYS.attrs)
    assert_frame_equal(table.read(), DAYS)
    assert table.read(pollutant="pm25", site_ids=SITES[1:]).attrs == DAYS.attrs
    assert asked == [*SITES, *SITES]
