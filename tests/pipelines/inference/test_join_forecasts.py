import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.ledger import LedgerDataset
from airwatch.pipelines.inference.nodes import join_forecasts
from airwatch.scope import mark
from builders_inference import issue
from builders_monitoring import build_forecasts
from builders_training import SITES, training_run


def join(issued=None, pm25=None, run=None, **tables):
    return join_forecasts(issued or {}, run or training_run(), pm25=pm25, **tables)


def latest(*sites, **columns):
    """Forecasts of 31 December for tomorrow and the day after, at some sites."""
    frames = [build_forecasts(["2023-12-31"], leads=(1, 2), site_id=site, **columns) for site in sites or SITES[:1]]
    table = pd.concat(frames, ignore_index=True)
    return table.assign(issued_at=pd.Timestamp("2024-01-01 06:00", tz="UTC"))


@pytest.fixture
def ledger(tmp_path):
    return LedgerDataset(path=str(tmp_path / "ledger"))


def test_join_forecasts_sorts_all_pollutants_into_one_table():
    pm25, ozone = latest(SITES[1], SITES[0]), latest(pollutant="ozone")
    run = training_run(pollutants=("pm25", "ozone"))
    joined, _ = join(pm25=pm25, ozone=ozone, run=run)
    keys = schemas.Forecasts.validate(joined)[["site_id", "pollutant", "lead_days"]].to_numpy().tolist()
    assert keys == [
        [SITES[0], "ozone", 1],
        [SITES[0], "ozone", 2],
        [SITES[0], "pm25", 1],
        [SITES[0], "pm25", 2],
        [SITES[1], "pm25", 1],
        [SITES[1], "pm25", 2],
    ]


def test_join_forecasts_leaves_out_what_another_run_left_behind():
    old = build_forecasts(["2023-12-30"])
    joined, _ = join(pm25=pd.concat([old, latest()]), ozone=latest(pollutant="ozone"))
    assert joined[["pollutant", "origin_date"]].drop_duplicates().to_numpy().tolist() == [
        ["pm25", pd.Timestamp("2023-12-31")]
    ]


def test_join_forecasts_leaves_out_what_a_run_of_another_area_left_behind():
    run = training_run(pollutants=("pm25", "ozone"))
    elsewhere = mark(latest(pollutant="ozone"), training_run(area={"cbsa": "41740"}, pollutants=("pm25", "ozone")))
    joined, _ = join(pm25=mark(latest(), run), ozone=elsewhere, run=run)
    assert set(joined["pollutant"]) == {"pm25"}


def test_join_forecasts_of_other_origins_alone_issues_nothing():
    joined, new = join(pm25=build_forecasts(["2023-12-30"]))
    assert schemas.Forecasts.validate(joined).empty
    assert new == {}


def test_join_forecasts_of_nothing_is_the_empty_table():
    joined, new = join(pm25=schemas.empty("Forecasts"))
    assert_frame_equal(joined, schemas.empty("Forecasts"))
    assert new == {}


def test_the_first_issue_of_a_day_is_its_first_part_of_the_ledger(ledger):
    joined, new = join(ledger.load(), latest(*SITES))
    assert list(new) == ["sandbox-20/2023-12-31/0000"]
    ledger.save(new)
    [(_, read)] = ledger.load().items()
    assert_frame_equal(read(), joined.sort_values(["issued_at", "site_id", "pollutant", "target_date"]))


def test_the_same_issue_again_adds_nothing_to_the_ledger(ledger):
    ledger.save(join(ledger.load(), latest(*SITES))[1])
    joined, new = join(ledger.load(), latest(*SITES))
    assert (len(joined), new) == (6, {})


def test_another_forecast_of_what_was_issued_adds_nothing_to_the_ledger(ledger):
    ledger.save(join(ledger.load(), latest())[1])
    assert join(ledger.load(), latest(mean=5.0, model_version="2"))[1] == {}


def test_other_sites_add_a_part_with_what_is_new(ledger):
    ledger.save(join(ledger.load(), latest(SITES[0], SITES[1]))[1])
    [(name, new)] = join(ledger.load(), latest(SITES[1], SITES[2]))[1].items()
    assert name == "sandbox-20/2023-12-31/0001"
    assert set(new["site_id"]) == {SITES[2]}
    ledger.save({name: new})
    assert join(ledger.load(), latest(*SITES))[1] == {}


def test_another_hour_of_issue_is_another_issue(ledger):
    ledger.save(join(ledger.load(), latest())[1])
    noon = latest().assign(issued_at=pd.Timestamp("2024-01-01 12:00", tz="UTC"))
    assert list(join(ledger.load(), noon)[1]) == ["sandbox-20/2023-12-31/0001"]


@pytest.mark.parametrize(
    ("other", "part"),
    [({"seed": 21}, "sandbox-21/2023-12-31/0000"), ({"source": "aqs", "area": {"state": "06"}}, "aqs/2023-12-31/0000")],
)
def test_another_source_has_a_ledger_of_its_own(ledger, other, part):
    ledger.save(join(ledger.load(), latest())[1])
    assert list(join(ledger.load(), latest(), run=training_run(**other))[1]) == [part]


@pytest.mark.parametrize("origins", ["2023-12-31", "2023-12-30/2023-12-31"])
def test_hindcasts_stay_out_of_the_ledger(origins):
    joined, new = join(pm25=latest(), run=training_run(origins=origins))
    assert (len(joined), new) == (2, {})


def test_what_inference_issues_goes_through_the_join_and_the_ledger_unchanged(ledger):
    forecasts = issue()
    joined, new = join(ledger.load(), forecasts)
    ledger.save(new)
    assert_frame_equal(joined, forecasts)
    assert join(ledger.load(), issue())[1] == {}
