import pandas as pd
import pytest
from kedro.io import DatasetError
from pandas.testing import assert_frame_equal

from airwatch.ledger import LedgerDataset, read_parts


@pytest.fixture
def ledger(tmp_path):
    return LedgerDataset(path=str(tmp_path / "forecast_ledger"))


def part(mean):
    return pd.DataFrame({"site_id": ["06-037-1103"], "mean": [mean]})


def test_a_ledger_in_which_nothing_was_issued_is_there_and_empty(ledger):
    assert ledger.exists()
    assert ledger.load() == {}


def test_the_parts_are_read_by_name_in_the_order_of_issue(ledger):
    ledger.save({"aqs/2021-07-01/0000": part(3.0)})
    ledger.save({"aqs/2021-06-30/0001": part(2.0), "aqs/2021-06-30/0000": part(1.0)})
    issued = ledger.load()
    assert list(issued) == ["aqs/2021-06-30/0000", "aqs/2021-06-30/0001", "aqs/2021-07-01/0000"]
    assert_frame_equal(issued["aqs/2021-06-30/0001"](), part(2.0))


def test_a_part_is_stored_under_its_origin(ledger, tmp_path):
    ledger.save({"sandbox-20/2021-06-30/0000": part(1.0)})
    assert (tmp_path / "forecast_ledger/sandbox-20/2021-06-30/0000.parquet").is_file()


def test_what_was_issued_is_never_rewritten_and_no_part_of_the_refused_is_written(ledger):
    ledger.save({"aqs/2021-06-30/0000": part(1.0)})
    with pytest.raises(DatasetError, match=r"0000\.parquet was issued before"):
        ledger.save({"aqs/2021-06-29/0000": part(9.0), "aqs/2021-06-30/0000": part(9.0)})
    assert list(ledger.load()) == ["aqs/2021-06-30/0000"]
    assert_frame_equal(ledger.load()["aqs/2021-06-30/0000"](), part(1.0))


def test_a_half_written_part_is_no_part(ledger, tmp_path):
    ledger.save({"aqs/2021-06-30/0000": part(1.0)})
    (tmp_path / "forecast_ledger/aqs/2021-06-30/0001.parquet.part").write_text("half")
    assert list(ledger.load()) == ["aqs/2021-06-30/0000"]


def test_read_parts_reads_those_of_one_origin_alone(ledger):
    ledger.save({"aqs/2021-06-30/0000": part(1.0), "aqs/2021-06-30/0001": part(2.0), "aqs/2021-07-01/0000": part(3.0)})
    ledger.save({"sandbox-20/2021-06-30/0000": part(4.0)})
    assert [float(frame["mean"].iloc[0]) for frame in read_parts(ledger.load(), "aqs/2021-06-30/")] == [1.0, 2.0]
    assert read_parts(ledger.load(), "aqs/2022-01-01/") == []
