import shutil

import pandas as pd
import pytest

from airwatch.ledger import LedgerDataset, verify_chain
from airwatch.ledger.seals import row_seals
from builders import SITE
from builders_monitoring import build_forecasts

OTHER = "06-037-4004"
DAYS = [f"2023-12-0{number}" for number in range(1, 6)]


def rows(day):
    made = [build_forecasts([day], leads=(1, 2), site_id=site) for site in (SITE, OTHER)]
    return pd.concat(made, ignore_index=True)


@pytest.fixture
def ledger(tmp_path):
    """Five issues."""
    made = LedgerDataset(path=str(tmp_path / "ledger"))
    for day in DAYS:
        made.save({f"aqs/{day}/0000": rows(day)})
    return made


@pytest.fixture
def path(tmp_path, ledger):
    return lambda number: tmp_path / f"ledger/aqs/{DAYS[number - 1]}/0000.parquet"


def verify(ledger, head=""):
    return verify_chain("aqs", ledger.sealed_parts("aqs"), head)


def faults(ledger, head=""):
    return [(fault.part.removeprefix("aqs/"), fault.what) for fault in verify(ledger, head).faults]


def change(file, row, column, value):
    """As one would who knows nothing of seals: read, change, write."""
    frame = pd.read_parquet(file)
    frame.loc[row, column] = value
    frame.to_parquet(file, index=False)


def test_a_chain_that_nobody_touched_has_no_fault(ledger):
    chain = verify(ledger)
    assert (chain.issues, chain.rows, chain.unchained, chain.faults) == (5, 20, (), ())
    assert list(chain.newest) == ["aqs/2023-12-05/0000"]


def test_a_changed_row_is_named_with_its_part_its_site_and_its_day(ledger, path):
    change(path(3), 3, "mean", 10.5)
    [fault] = verify(ledger).faults
    assert (fault.part, fault.number, fault.what) == ("aqs/2023-12-03/0000", 3, "changed")
    assert (fault.site_id, fault.target_date) == (OTHER, pd.Timestamp("2023-12-05"))
    assert fault.told == ("its rows are not what was issued; the first that differs: 06-037-4004 pm25 for 2023-12-05")


@pytest.mark.parametrize(
    ("kept", "site", "day"), [([0, 2, 3], OTHER, "2023-12-03"), ([0, 1, 1, 2, 3], SITE, "2023-12-04")]
)
def test_a_row_taken_out_or_put_in_is_named_by_the_first_that_differs(ledger, path, kept, site, day):
    pd.read_parquet(path(2)).iloc[kept].to_parquet(path(2), index=False)
    [fault] = verify(ledger).faults
    assert (fault.what, fault.site_id, fault.target_date) == ("changed", site, pd.Timestamp(day))
    assert fault.told.startswith(f"it has {len(kept)} rows and was issued with 4")


def test_rows_cut_off_at_the_end_are_counted(ledger, path):
    pd.read_parquet(path(2)).iloc[:3].to_parquet(path(2), index=False)
    [fault] = verify(ledger).faults
    assert (fault.part, fault.told) == ("aqs/2023-12-02/0000", "it has 3 rows and was issued with 4")


def test_the_first_of_several_changed_parts_is_told_first(ledger, path):
    for number in (4, 2):
        change(path(number), 0, "q95", 99.0)
    assert faults(ledger) == [("2023-12-02/0000", "changed"), ("2023-12-04/0000", "changed")]


def test_a_part_whose_seals_were_made_anew_does_not_fit_the_issue_after_it(ledger, path, tmp_path):
    forged = LedgerDataset(path=str(tmp_path / "forged"))
    for number, day in enumerate(DAYS[:3], 1):
        forged.save({f"aqs/{day}/0000": rows(day).assign(mean=11.0 if number == 3 else 10.0)})
    shutil.copy(tmp_path / "forged/aqs/2023-12-03/0000.parquet", path(3))
    assert faults(ledger) == [("2023-12-03/0000", "changed")]


def test_a_part_that_lost_its_seal_is_changed(ledger, path):
    rows(DAYS[2]).to_parquet(path(3), index=False)
    assert faults(ledger) == [("2023-12-03/0000", "changed")]


def test_a_removed_part_is_named_and_said_to_be_missing(ledger, path):
    path(2).unlink()
    [fault] = verify(ledger).faults
    assert (fault.part, fault.number, fault.what) == ("aqs/2023-12-02/0000", 2, "removed")


def test_of_two_parts_removed_in_a_row_both_are_missed(ledger, path):
    for number in (2, 3):
        path(number).unlink()
    found = verify(ledger).faults
    assert [(fault.number, fault.part) for fault in found] == [(2, ""), (3, "aqs/2023-12-03/0000")]
    assert {fault.what for fault in found} == {"removed"}


def test_a_damaged_part_is_named(ledger, path):
    path(2).write_bytes(path(2).read_bytes()[:100])
    assert faults(ledger) == [("2023-12-02/0000", "changed")]


@pytest.mark.parametrize("place", ["2023-12-02/0001", "2023-11-30/0000", "2023-12-09/0000"])
def test_a_part_that_was_put_in_is_named(ledger, tmp_path, place):
    file = tmp_path / f"ledger/aqs/{place}.parquet"
    file.parent.mkdir(exist_ok=True)
    rows("2023-12-02").to_parquet(file, index=False)
    assert faults(ledger) == [(place, "inserted")]


def test_a_copy_of_a_part_is_inserted(ledger, path):
    shutil.copy(path(2), path(2).with_name("0001.parquet"))
    assert faults(ledger) == [("2023-12-02/0001", "inserted")]


@pytest.mark.parametrize("length", [1, 3])
def test_an_issue_of_a_chain_that_was_forked_off_is_inserted(ledger, path, tmp_path, length):
    fork = LedgerDataset(path=str(tmp_path / "fork"))
    for day in [*DAYS[:1], *[f"2023-11-0{number}" for number in range(1, length + 1)]]:
        fork.save({f"aqs/{day}/0000": rows(day)})
    shutil.rmtree(tmp_path / "fork/aqs/2023-12-01")
    shutil.copytree(tmp_path / "fork", tmp_path / "ledger", dirs_exist_ok=True)
    assert faults(ledger) == [(f"2023-11-0{length}/0000", "inserted")]


def test_parts_that_changed_places_are_reordered(ledger, path, tmp_path):
    shutil.move(path(2), tmp_path / "aside")
    shutil.move(path(4), path(2))
    shutil.move(tmp_path / "aside", path(4))
    assert faults(ledger) == [("2023-12-04/0000", "reordered"), ("2023-12-02/0000", "reordered")]


def test_newest_issues_that_were_taken_away_are_missed_by_a_hash_that_was_noted(ledger, path):
    head = verify(ledger).newest["aqs/2023-12-05/0000"]
    assert faults(ledger, head[:12]) == []
    path(5).unlink()
    assert faults(ledger) == []
    assert faults(ledger, head) == [("", "removed")]


@pytest.fixture
def older(tmp_path):
    """A ledger with a part that was issued before there was a chain."""
    file = tmp_path / "ledger/aqs/2023-11-30/0000.parquet"
    file.parent.mkdir(parents=True)
    rows("2023-11-30").to_parquet(file, index=False)
    return LedgerDataset(path=str(tmp_path / "ledger")), file


def test_parts_of_before_there_was_a_chain_are_named_as_such(older):
    ledger, _ = older
    assert (verify(ledger).unchained, verify(ledger).faults) == (("aqs/2023-11-30/0000",), ())
    ledger.save({"aqs/2023-12-01/0000": rows("2023-12-01")})
    chain = verify(ledger)
    assert (chain.issues, chain.rows, chain.unchained) == (1, 8, ("aqs/2023-11-30/0000",))
    assert chain.faults == ()


def test_parts_of_before_there_was_a_chain_are_held_to_what_they_were_when_it_began(older):
    ledger, file = older
    ledger.save({"aqs/2023-12-01/0000": rows("2023-12-01")})
    change(file, 0, "mean", 11.0)
    assert faults(ledger) == [("2023-11-30/0000", "changed")]
    file.unlink()
    assert faults(ledger) == [("2023-11-30/0000", "removed")]


def test_a_ledger_of_nothing_has_no_fault(tmp_path):
    chain = verify(LedgerDataset(path=str(tmp_path)))
    assert (chain.issues, chain.newest, chain.faults) == (0, {}, ())


def test_seals_that_were_made_anew_within_a_part_leave_the_row_untold(ledger, path):
    frame = pd.read_parquet(path(5))
    frame.loc[1, "mean"] = 0.0
    frame["row_seal"] = row_seals(frame)[0]
    frame.to_parquet(path(5), index=False)
    [fault] = verify(ledger).faults
    assert (fault.part, fault.site_id, fault.told) == ("aqs/2023-12-05/0000", "", "its rows are not what was issued")


@pytest.mark.parametrize("seals", [{"row_seal": 0}, {"row_seal": "none"}])
def test_a_seal_that_was_changed_is_named_though_its_row_was_not(ledger, path, seals):
    pd.read_parquet(path(3)).assign(**seals).to_parquet(path(3), index=False)
    [fault] = verify(ledger).faults
    assert (fault.part, fault.what) == ("aqs/2023-12-03/0000", "changed")
    assert fault.told == "its rows are what was issued, and their seals are not"


def test_seals_that_were_taken_away_are_missed(ledger, path):
    pd.read_parquet(path(3)).drop(columns="row_seal").to_parquet(path(3), index=False)
    assert faults(ledger) == [("2023-12-03/0000", "changed")]


def test_a_part_that_holds_what_no_forecast_does_is_named(ledger, path):
    frame = pd.read_parquet(path(3)).astype({"lead_days": "Int64"})
    frame.loc[1, "lead_days"] = pd.NA
    frame.to_parquet(path(3), index=False)
    assert faults(ledger) == [("2023-12-03/0000", "changed")]
