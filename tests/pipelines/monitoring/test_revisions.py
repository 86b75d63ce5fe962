import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.revisions import note_revisions
from builders import build_run
from builders_monitoring import build_area_sites, build_matured, origins

BLANK = schemas.empty("VerifiedObservations")


def note(matured, known=BLANK, sites=None, **run):
    sites = build_area_sites() if sites is None else sites
    known, revised = note_revisions(known, matured, sites, build_run(**run))
    return schemas.VerifiedObservations.validate(known), schemas.RevisedObservations.validate(revised)


def first_run(as_of="2023-12-28", **columns):
    """What was verified by then: three days, each observed at 9."""
    known, revised = note(build_matured(origins(3, last="2023-12-27"), **columns), as_of=as_of)
    assert revised.empty
    return known


def test_an_observation_is_kept_as_it_was_first_verified():
    known = first_run()
    assert known["date_local"].dt.day.tolist() == [26, 27, 28]
    assert set(known["first_value"]) == set(known["value"]) == {9.0}
    assert set(known["first_verified"]) == {pd.Timestamp("2023-12-28")}
    assert known["revised"].isna().all()


def test_a_value_that_changed_is_noted_as_then_and_now():
    later = build_matured(origins(4, last="2023-12-28"), observed=[9.0, 7.5, 9.0, 9.0])
    known, revised = note(later, first_run(), as_of="2023-12-31")
    assert len(known) == 4
    [row] = revised.to_dict("records")
    assert (row["date_local"], row["first_value"], row["value"]) == (pd.Timestamp("2023-12-27"), 9.0, 7.5)
    assert (row["first_verified"], row["revised"]) == (pd.Timestamp("2023-12-28"), pd.Timestamp("2023-12-31"))


def test_a_value_that_changed_twice_is_held_to_the_first():
    days = origins(3, last="2023-12-27")
    known, _ = note(build_matured(days, observed=[9.0, 7.5, 9.0]), first_run(), as_of="2023-12-29")
    _, revised = note(build_matured(days, observed=[9.0, 8.0, 9.0]), known, as_of="2023-12-31")
    [row] = revised.to_dict("records")
    assert (row["first_value"], row["value"], row["revised"]) == (9.0, 8.0, pd.Timestamp("2023-12-31"))


def test_a_value_that_was_revised_back_is_none_that_was_revised():
    days = origins(3, last="2023-12-27")
    known, revised = note(build_matured(days, observed=[9.0, 7.5, 9.0]), first_run(), as_of="2023-12-29")
    assert len(revised) == 1
    _, revised = note(build_matured(days), known, as_of="2023-12-31")
    assert revised.empty


def test_a_value_of_airnow_that_aqs_replaced_was_not_revised_and_one_of_aqs_that_changed_was():
    days, provisional = origins(3, last="2023-12-27"), [False, False, True]
    known, _ = note(build_matured(days, observed=[9.0, 9.0, 30.0], provisional=provisional), as_of="2023-12-28")
    assert known["date_local"].dt.day.tolist() == [26, 27]
    known, revised = note(build_matured(days), known, as_of="2023-12-31")
    assert revised.empty
    assert known[["first_value", "value"]].iloc[-1].tolist() == [9.0, 9.0]
    assert known["first_verified"].iloc[-1] == pd.Timestamp("2023-12-31")
    _, revised = note(build_matured(days, observed=[9.0, 9.0, 7.5]), known, as_of="2024-01-05")
    assert revised[["first_value", "value"]].to_numpy().tolist() == [[9.0, 7.5]]


def test_a_value_that_aqs_withdrew_is_not_airnows():
    days = origins(3, last="2023-12-27")
    again = build_matured(days, observed=[9.0, 9.0, 30.0], provisional=[False, False, True])
    _, revised = note(again, first_run(), as_of="2023-12-31")
    assert np.isnan(revised["value"]).tolist() == [True]


def test_a_value_that_is_there_no_more_was_withdrawn():
    _, revised = note(build_matured(origins(2, last="2023-12-27")), first_run(), as_of="2023-12-31")
    [row] = revised.to_dict("records")
    assert row["date_local"] == pd.Timestamp("2023-12-26")
    assert np.isnan(row["value"])


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"sites": build_area_sites("06-037-4008")},
        {"pollutants": ("ozone",)},
        {"first_year": 2024, "as_of": "2024-02-01"},
    ],
)
def test_a_run_that_does_not_look_there_withdraws_nothing(elsewhere):
    known, revised = note(build_matured([]), first_run(), **{"as_of": "2023-12-31", **elsewhere})
    assert (len(known), len(revised)) == (3, 0)


def test_a_run_as_of_an_earlier_day_changes_nothing():
    before = first_run()
    known, revised = note(build_matured(origins(2, last="2023-12-20")), before, as_of="2023-12-21")
    pd.testing.assert_frame_equal(known, before)
    assert revised.empty


def test_a_run_as_of_an_earlier_day_tells_of_no_revision_that_was_found_later():
    days = origins(3, last="2023-12-27")
    known, _ = note(build_matured(days, observed=[9.0, 7.5, 9.0]), first_run(), as_of="2023-12-31")
    assert note(build_matured([]), known, as_of="2023-12-21")[1].empty
    later = build_matured([*days, "2024-01-05"], observed=[9.0, 7.5, 9.0, 9.0])
    known, _ = note(later, known, as_of="2024-01-06")
    assert len(note(build_matured([]), known, as_of="2024-01-05")[1]) == 1


def test_each_area_has_observations_of_its_own():
    site = "06-001-0007"
    sites = build_area_sites(site)
    known, _ = note(build_matured(["2023-12-20"], site_id=site), first_run(), sites, as_of="2023-12-21")
    assert len(known) == 4  # that the first area was followed to a later day is nothing to this one
    changed = build_matured(["2023-12-20"], site_id=site, observed=7.5)
    known, revised = note(changed, known, sites, as_of="2023-12-28")
    assert revised["site_id"].tolist() == [site]
    _, revised = note(build_matured(origins(3, last="2023-12-27")), known, as_of="2023-12-31")
    assert revised.empty


def test_each_source_has_observations_of_its_own():
    before = first_run()
    known, revised = note(build_matured(origins(3, last="2023-12-27"), observed=5.0), before, seed=21)
    assert known["source"].tolist() == ["sandbox-20"] * 3 + ["sandbox-21"] * 3
    assert revised.empty


@pytest.mark.parametrize("kind", ["backtest", "hindcast"])
def test_only_what_was_issued_is_verified_for_good(kind):
    assert first_run(kind=kind).empty


def test_an_observation_of_several_leads_is_noted_once():
    matured = pd.concat([build_matured(["2023-12-26"]), build_matured(["2023-12-25"], target_date="2023-12-27")])
    matured["target_date"] = pd.to_datetime(matured["target_date"])
    assert len(note(matured)[0]) == 1
