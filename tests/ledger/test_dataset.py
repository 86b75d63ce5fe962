import pandas as pd
import pytest
from kedro.io import DatasetError
from pandas.testing import assert_frame_equal

from airwatch.ledger import LedgerDataset, read_parts, verify_chain
from airwatch.storage import opened, write_whole


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


def test_the_issues_of_a_source_are_a_chain_in_the_order_of_issue(ledger):
    ledger.save({"aqs/2021-07-01/0000": part(3.0)})
    ledger.save({"sandbox-20/2021-06-30/0000": part(3.0)})
    ledger.save({"aqs/2021-06-30/0000": part(1.0)})
    known = ledger.known_issues("aqs")
    first, second = known["aqs/2021-07-01/0000"], known["aqs/2021-06-30/0000"]
    assert (first.number, first.before) == (1, {})
    assert (second.number, second.before) == (2, {"aqs/2021-07-01/0000": first.hash})
    assert ledger.known_issues("sandbox-20")["sandbox-20/2021-06-30/0000"].number == 1


def test_the_next_issue_follows_both_that_were_issued_at_the_same_moment(ledger, monkeypatch):
    other = LedgerDataset(path=ledger._root)
    ledger.save({"aqs/2021-06-29/0000": part(1.0)})
    chained = LedgerDataset._chained

    def overtaken(self, name, frame):
        made = chained(self, name, frame)
        monkeypatch.undo()
        other.save({"aqs/2021-06-30/0000": part(2.0)})
        return made

    monkeypatch.setattr(LedgerDataset, "_chained", overtaken)
    ledger.save({"aqs/2021-07-01/0000": part(3.0)})
    ledger.save({"aqs/2021-07-02/0000": part(4.0)})
    known = ledger.known_issues("aqs")
    assert [issue.number for issue in known.values()] == [1, 2, 2, 3]
    assert set(known["aqs/2021-07-02/0000"].before) == {"aqs/2021-06-30/0000", "aqs/2021-07-01/0000"}
    assert verify_chain("aqs", ledger.sealed_parts("aqs")).faults == ()


def test_the_first_issue_of_a_chain_holds_what_was_issued_before_there_was_one(ledger, tmp_path):
    old = tmp_path / "forecast_ledger/aqs/2021-06-29/0000.parquet"
    old.parent.mkdir(parents=True)
    part(1.0).to_parquet(old, index=False)
    ledger.save({"aqs/2021-06-30/0000": part(2.0)})
    ledger.save({"aqs/2021-07-01/0000": part(3.0)})
    known = ledger.known_issues("aqs")
    assert known["aqs/2021-06-29/0000"] is None
    assert list(known["aqs/2021-06-30/0000"].unchained) == ["aqs/2021-06-29/0000"]
    assert known["aqs/2021-07-01/0000"].unchained == {}


def test_on_s3_the_chain_is_the_same_and_a_change_shows(faulty_s3):
    place = f"s3://{faulty_s3.bucket}/ledger"
    ledger = LedgerDataset(path=place)
    for day, mean in (("2021-06-30", 1.0), ("2021-07-01", 2.0)):
        ledger.save({f"aqs/{day}/0000": part(mean)})
    chain = verify_chain("aqs", ledger.sealed_parts("aqs"))
    assert (chain.issues, list(chain.newest), chain.faults) == (2, ["aqs/2021-07-01/0000"], ())
    changed = ledger.sealed_parts("aqs")["aqs/2021-06-30/0000"]().assign(mean=1.5)
    fs, path = opened(f"{place}/aqs/2021-06-30/0000.parquet")
    write_whole(fs, path, lambda file: changed.to_parquet(file, index=False))
    [fault] = verify_chain("aqs", ledger.sealed_parts("aqs")).faults
    assert (fault.part, fault.what, fault.site_id) == ("aqs/2021-06-30/0000", "changed", "06-037-1103")
