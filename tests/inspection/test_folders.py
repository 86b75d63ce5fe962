from datetime import date

import pandas as pd
import pytest
from fsspec.implementations.local import LocalFileSystem

from airwatch.inspection.folders import archive, ledger

FS = LocalFileSystem()


def part(folder, name, rows):
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"site_id": ["06-037-1103"] * rows, "mean": range(rows)}).to_parquet(path)
    return path.stat().st_size


def test_a_ledger_is_told_by_source_and_origin(tmp_path):
    sizes = [
        part(tmp_path, "aqs/2023-01-01/0000", 3),
        part(tmp_path, "aqs/2023-01-01/0001", 1),
        part(tmp_path, "aqs/2023-01-02/0000", 3),
        part(tmp_path, "sandbox-20/2022-12-31/0000", 2),
    ]
    (tmp_path / "aqs/2023-01-02/0001.parquet.part").write_text("of a run that died")
    found = ledger(FS, str(tmp_path), "forecast_ledger", rows=1)
    assert found.facts | {"sample of": None} == {"parts": 4, "rows": 9, "bytes": sum(sizes), "sample of": None}
    assert found.tables["sources"] == [
        {"source": "aqs", "origins": 2, "first": "2023-01-01", "last": "2023-01-02", "parts": 3, "rows": 7},
        {"source": "sandbox-20", "origins": 1, "first": "2022-12-31", "last": "2022-12-31", "parts": 1, "rows": 2},
    ]
    assert found.tables["sample"] == [{"site_id": "06-037-1103", "mean": 0}]


def test_an_archive_is_told_by_source_group_area_and_year(tmp_path):
    pm25, ozone = "aqs/pm25/cbsa-31080/2021", "aqs/ozone/cbsa-31080/2021"
    sizes = [
        part(tmp_path, f"{pm25}/days_20210101-20210630_newest-20210628_asof-20210630", 2),
        part(tmp_path, f"{pm25}/changes_20210101-20210630_newest-none_asof-20211231", 1),
    ]
    part(tmp_path, f"{ozone}/days_20210101-20210630_newest-none_asof-20210630", 0)
    part(tmp_path, f"{ozone}/not_ours", 1)
    found = archive(FS, str(tmp_path), "raw_aqs_daily")
    assert found.facts["replies"] == 3
    [of_ozone, of_pm25] = found.tables["replies"]
    assert (of_ozone["group"], of_ozone["newest"]) == ("ozone", None)
    assert of_pm25 == {
        "source": "aqs",
        "group": "pm25",
        "area": "cbsa-31080",
        "year": "2021",
        "replies": 2,
        "first": date(2021, 1, 1),
        "last": date(2021, 6, 30),
        "newest": date(2021, 6, 28),
        "fetched": date(2021, 12, 31),
        "bytes": sum(sizes),
    }


@pytest.mark.parametrize("folder", ["empty", "not/there"])
def test_a_folder_with_nothing_in_it_is_told_as_such(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    found = ledger(FS, str(tmp_path / folder), "forecast_ledger", rows=5)
    assert (found.facts, found.tables) == ({"parts": 0, "rows": 0, "bytes": 0}, {"sources": []})
    assert archive(FS, str(tmp_path / folder), "raw_aqs_daily").tables == {"replies": []}
