"""The ledger by hand: what was issued, and what became of it."""

import json

import pandas as pd
import pytest

from airwatch.ledger import LedgerDataset
from builders_monitoring import build_forecasts

DAYS = ("2023-12-01", "2023-12-02", "2023-12-03")


@pytest.fixture
def folder(data_root):
    """A ledger of three issues of one source and one of another."""
    folder = data_root / "07_model_output/forecast_ledger"
    ledger = LedgerDataset(path=str(folder))
    for day in DAYS:
        ledger.save({f"aqs/{day}/0000": build_forecasts([day], leads=(1, 2))})
    ledger.save({"sandbox-20/2023-12-01/0000": build_forecasts(model_version="3")})
    return folder


def test_verify_tells_how_many_issues_there_are_and_the_newest_hash(command, folder):
    result = command("ledger", "verify", "--source", "aqs")
    newest = LedgerDataset(path=str(folder)).known_issues("aqs")["aqs/2023-12-03/0000"].hash
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "aqs: 3 issues, 6 forecasts",
        f"  as it was issued; the newest, 2023-12-03/0000, has the hash {newest}",
    ]


def test_verify_walks_the_chain_of_each_source(command, folder):
    told = json.loads(command("ledger", "verify", "--json").output)
    assert [(chain["source"], chain["issues"], chain["faults"]) for chain in told] == [
        ("aqs", 3, []),
        ("sandbox-20", 1, []),
    ]


def test_verify_names_a_changed_row_and_ends_with_one(command, folder):
    path = folder / "aqs/2023-12-02/0000.parquet"
    frame = pd.read_parquet(path)
    frame.loc[1, "mean"] = 12.0
    frame.to_parquet(path, index=False)
    result = command("ledger", "verify")
    assert result.exit_code == 1
    assert result.output.splitlines()[1] == (
        "  CHANGED: aqs/2023-12-02/0000 (issue 2): its rows are not what was issued; "
        "the first that differs: 06-037-1103 pm25 for 2023-12-04"
    )
    [fault] = json.loads(command("ledger", "verify", "--source", "aqs", "--json").output)[0]["faults"]
    assert (fault["site_id"], fault["target_date"]) == ("06-037-1103", "2023-12-04")


def test_verify_misses_the_newest_issue_by_its_hash(command, folder):
    ledger = LedgerDataset(path=str(folder))
    head = ledger.known_issues("aqs")["aqs/2023-12-03/0000"].hash
    asked = ("ledger", "verify", "--source", "aqs", "--head", head[:12])
    assert command(*asked).exit_code == 0
    (folder / "aqs/2023-12-03/0000.parquet").unlink()
    result = command(*asked)
    assert result.exit_code == 1
    assert f"REMOVED: the chain: no issue has the hash {head[:12]}" in result.output


def test_verify_tells_of_parts_from_before_there_was_a_chain(command, data_root):
    path = data_root / "07_model_output/forecast_ledger/aqs/2023-12-01/0000.parquet"
    path.parent.mkdir(parents=True)
    build_forecasts().to_parquet(path, index=False)
    result = command("ledger", "verify")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        ["aqs: 0 issues, 1 forecasts", "  issued before there was a chain: 2023-12-01/0000"],
    )


@pytest.mark.parametrize("asked", [("--head", "abc", "--source", "aqs"), ("--head", "a" * 64)])
def test_verify_refuses_a_hash_that_names_nothing(command, folder, asked):
    assert command("ledger", "verify", *asked).exit_code == 2


def test_show_has_a_row_for_each_issue(command, folder):
    first, *_, other = json.loads(command("ledger", "show", "--json").output)
    assert {key: first[key] for key in ("source", "issue", "part", "forecasts", "sites", "targets")} == {
        "source": "aqs",
        "issue": 1,
        "part": "2023-12-01/0000",
        "forecasts": 2,
        "sites": 1,
        "targets": "2023-12-02 to 2023-12-03",
    }
    assert other["model versions"] == "pm25 3"
    assert "2023-12-03/0000" in command("ledger", "show", "--source", "aqs").output


def test_an_empty_ledger_is_told_as_such(command, data_root):
    for verb in ("verify", "show"):
        result = command("ledger", verb)
        assert (result.exit_code, result.output) == (0, "Nothing was issued yet.\n")
