"""The leakage court: what each protocol learns from, and by how much the first flatters, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.leakage import __main__ as command
from benchmarks.leakage.court import CASES, ONCE, OURS, REPEATED, Case, Finding, Verdict, hold_court
from benchmarks.leakage.days import CALENDAR, choose_sites, sandbox_observations, site_days
from benchmarks.leakage.protocols import Outcome, judge, random_split, rolling_origin
from benchmarks.leakage.report import report
from builders import build_days

SITE, TEST_SITE = "06-037-0001", "06-037-0004"  # sha1 of the second is divisible by five
PLACES = pd.DataFrame({"site_id": [SITE], "latitude": [34.0], "longitude": [-118.0]})


class Memory:
    """Knows what it has seen, and says 5 of everything else."""

    def fit(self, features, targets):
        self.seen = dict(zip(map(bytes, features), targets, strict=True))

    def predict(self, features):
        return np.array([self.seen.get(bytes(row), 5.0) for row in features])


class Mean:
    """Says the mean of what it has learned from."""

    def fit(self, features, targets):
        self.mean = targets.mean()

    def predict(self, features):
        return np.full(len(features), self.mean)


def build_site_days(values, persistence=6.0):
    """``site_days`` of one site, told only the day of the year."""
    dates = pd.date_range("2019-01-01", periods=len(values))
    return pd.DataFrame(
        {"site_id": SITE, "date_local": dates, "value": values, "lag_01": persistence, "day_of_year": dates.dayofyear}
    )


def test_flattery_is_the_share_by_which_the_reported_error_lies_below_that_in_use():
    # Observed 1 and 3. Reported errors 1 and -1: RMSE 1. In use 2 and -2: RMSE 2. Persistence errs by 4 and 4.
    days = build_site_days([1.0, 3.0]).assign(lag_01=[5.0, 7.0])
    outcome = judge(days, np.array([0, 1]), np.array([2.0, 2.0]), np.array([3.0, 1.0]))
    assert (outcome.rmse, outcome.rmse_in_use, outcome.flattery) == (1.0, 2.0, 0.5)
    assert outcome.r2 == 0.0  # the mean of the two is 2, which is what was predicted
    assert outcome.skill == 1 - 1 / 16


def test_a_row_that_stands_twice_counts_twice():
    # Squared errors 0, 0 and 3: their mean is 1.
    days = build_site_days([1.0, 4.0])
    predicted = np.array([1.0, 1.0, 4.0 + np.sqrt(3)])
    assert judge(days, np.array([0, 0, 1]), predicted, predicted[[0, 2]]).rmse == pytest.approx(1.0)


def test_a_random_split_of_repeated_rows_lets_a_memory_report_a_perfect_score():
    days = build_site_days(np.arange(40.0) % 7)
    outcome = random_split(days, ["day_of_year"], Memory, 8, in_use=np.full(40, 5.0), seed=1)
    assert outcome.twins == 1.0
    assert (outcome.rmse, outcome.r2, outcome.skill, outcome.flattery) == (0.0, 1.0, 1.0, 1.0)


def test_a_random_split_without_repetition_has_no_twin_and_a_memory_knows_nothing():
    # Always 4: the memory says 5 and errs by 1, in use it errs by 2, persistence says 6 and errs by 2.
    days = build_site_days(np.full(40, 4.0))
    outcome = random_split(days, ["day_of_year"], Memory, 1, in_use=np.full(40, 2.0), seed=1)
    assert (outcome.rows, outcome.twins) == (8, 0.0)
    assert (outcome.rmse, outcome.rmse_in_use, outcome.skill) == (1.0, 2.0, 0.75)


def test_a_random_split_judges_only_rows_with_a_forecast_in_use():
    days = build_site_days(np.full(40, 4.0))
    in_use = np.where(np.arange(40) >= 20, 2.0, np.nan)
    outcome = random_split(days, ["day_of_year"], Memory, 8, in_use, seed=1)
    assert 0 < outcome.rows < 64  # of the 64 test rows those of the second half
    assert outcome.rmse_in_use == 2.0


def test_a_rolling_origin_learns_from_the_days_before_the_gap_alone():
    # Values 1 to 20 on the days of January. Before 11 January less two days lie 1 to 8, mean 4.5; before
    # 16 January less two days lie 1 to 13, mean 7.
    days = build_site_days(np.arange(1.0, 21.0))
    starts = [pd.Timestamp("2019-01-11"), pd.Timestamp("2019-01-16")]
    predicted = rolling_origin(days, ["day_of_year"], Mean, starts, gap_days=2)
    np.testing.assert_array_equal(predicted, [*[np.nan] * 10, *[4.5] * 5, *[7.0] * 5])


def test_a_rolling_origin_does_not_change_with_later_values():
    days = build_site_days(np.arange(1.0, 21.0))
    starts = [pd.Timestamp("2019-01-11"), pd.Timestamp("2019-01-16")]
    later = days.assign(value=days["value"].where(days["date_local"] < starts[1], 999.0))
    before, after = (rolling_origin(each, ["day_of_year"], Mean, starts, 2) for each in (days, later))
    np.testing.assert_array_equal(before, after)


def test_the_learners_are_told_of_the_target_day_and_of_the_days_before_it():
    days = site_days(build_days(20, "2019-03-01", site=SITE, missing=[10]), PLACES)
    # Values 1 to 20 on 1 to 20 March; the 1st has no day before it, the 11th no value, the 12th none before it.
    assert set(range(1, 21)) - set(days["date_local"].dt.day) == {1, 11, 12}
    row = days[days["date_local"] == "2019-03-15"].iloc[0]
    assert (row["value"], row["lag_01"], row["lag_03"], row["lag_14"]) == (15, 14, 12, 1)
    assert np.isnan(row["lag_04"])
    assert row["mean_07"] == (8 + 9 + 10 + 12 + 13 + 14) / 6
    assert row[CALENDAR].tolist() == [2019, 3, 74, 4, 34.0, -118.0]  # a Friday


def test_sites_are_near_daily_in_both_years_and_none_is_a_test_site():
    daily, gappy, young = SITE, "06-037-0002", "06-037-0005"
    observations = pd.concat(
        [
            build_days(730, "2018-01-01", site=daily),
            build_days(730, "2018-01-01", site=gappy, every=3),
            build_days(365, "2019-01-01", site=young),
            build_days(730, "2018-01-01", site=TEST_SITE),
        ]
    )
    assert choose_sites(observations, 2019, most=9) == [daily]


def test_no_more_sites_than_asked_are_chosen_from_end_to_end():
    sites = [f"06-037-{number:04d}" for number in (1, 2, 5, 6)]
    observations = pd.concat([build_days(730, "2018-01-01", site=site) for site in sites])
    assert choose_sites(observations, 2019, most=2) == [sites[0], sites[-1]]


def test_without_a_near_daily_site_the_message_says_what_was_asked():
    with pytest.raises(ValueError, match=r"250 days in 2018 and in 2019.*--last-year"):
        choose_sites(build_days(100, "2019-01-01", site=SITE), 2019, most=9)


def test_the_sandbox_gives_one_value_a_site_and_day():
    observations, sites = sandbox_observations(2019, seed=20)
    assert not observations.duplicated(["site_id", "date_local"]).any()
    assert observations["date_local"].agg(["min", "max"]).tolist() == [
        pd.Timestamp("2016-01-01"),
        pd.Timestamp("2019-12-31"),
    ]
    assert set(observations["site_id"]) <= set(sites["site_id"])


def test_the_court_tries_a_case_by_three_protocols_and_acquits_the_feature_table():
    observations = build_days(1_095, "2017-01-01", site=SITE, seed=3)
    later = build_days(100, "2020-01-01", site=SITE, values=999)
    verdict = hold_court(
        pd.concat([observations, later]),
        PLACES,
        last_year=2019,
        most_sites=5,
        candidate="ridge",
        seed=20,
        cases=(Case("memory", "calendar and position", CALENDAR, lambda seed: Memory()),),
    )
    assert [found.protocol for found in verdict.findings] == [REPEATED, ONCE, OURS]
    repeated, once, ours = (found.outcome for found in verdict.findings)
    assert (repeated.rmse, repeated.flattery, once.flattery) == (0.0, 1.0, 0.0)  # 5 here, 5 there
    assert (ours.rows, ours.flattery) == (365, 0.0)
    assert verdict.leaks == []
    assert verdict.airwatch.outcome.rows == 364  # its first origin of the year is 1 January
    assert verdict.days["date_local"].max() == pd.Timestamp("2019-12-31")


def build_verdict(leaks=()):
    outcomes = (Outcome(80, 1.0, 0.1, 0.99, 0.9, 5.0), Outcome(10, 0.0, 3.0, 0.5, 0.3, 4.0))
    findings = [
        Finding(protocol, "forest", "nothing", found)
        for protocol, found in zip((REPEATED, ONCE), outcomes, strict=True)
    ]
    ours = Finding(OURS, "AirWatch, ridge", "its features", Outcome(30, 0.0, 3.5, 0.4, 0.2, 3.5))
    return Verdict(findings, ours, build_site_days([1.0, 2.0]), 2019, 87, [pd.Timestamp("2019-02-01")], list(leaks))


def test_the_report_has_a_row_for_each_finding_and_says_by_how_much_the_first_flatters():
    text = report(build_verdict(), "panel_daily.parquet")
    # 0.1 is 98 % below 5, and 3 is 25 % below 4.
    assert f"| {REPEATED} | forest | nothing | 80 | 100% | 0.10 | 0.990 | +0.90 | 5.00 | 98% |" in text
    assert f"| {ONCE} | forest | nothing | 10 | 0% | 3.00 | 0.500 | +0.30 | 4.00 | 25% |" in text
    assert f"| {OURS} | AirWatch, ridge | its features | 30 | 0% | 3.50 | 0.400 | +0.20 | – | – |" in text
    assert "flattered by 98%" in text
    assert "Of AirWatch's 87 features none changed" in text


def test_the_report_names_the_features_that_leak():
    assert "87 features 1 (tomorrow) changed" in report(build_verdict(leaks=["tomorrow"]), "panel_daily.parquet")


def test_simulated_air_never_replaces_the_report_on_real_data(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(command, "hold_court", lambda *given, **settings: build_verdict())
    monkeypatch.setattr(command, "sandbox_observations", lambda *given: (None, None))
    monkeypatch.setattr(command, "read_observations", lambda *given: (None, None))
    command.main([])
    assert [path.name for path in tmp_path.iterdir()] == ["leakage_sandbox.md"]
    data = tmp_path / "data" / "panel_daily.parquet"
    data.parent.mkdir()
    data.touch()
    command.main([str(data)])
    assert "from panel_daily.parquet" in (tmp_path / "leakage.md").read_text(encoding="utf-8")


def test_a_file_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        command.main(["nowhere.parquet"])
    assert "nowhere.parquet is not a file" in capsys.readouterr().err


def test_the_cases_are_told_nothing_of_the_target():
    assert not any({"value", "date_local", "site_id"} & set(case.columns) for case in CASES)
