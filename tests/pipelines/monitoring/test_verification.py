import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.verification import loses_to_persistence, overall, verify_forecasts
from builders import build_run
from builders_monitoring import build_area_sites, build_matured, build_monitoring_params, origins

OTHER = "36-061-0001"


def verify(matured, sites=None, **run):
    sites = build_area_sites() if sites is None else sites
    return verify_forecasts(
        matured_forecasts=matured, sites=sites, run=build_run(**run), params=build_monitoring_params()
    )


def at(table, **key):
    [row] = table[(table[list(key)] == list(key.values())).all(axis=1)].to_dict("records")
    return row


def test_verify_forecasts_scores_against_both_references():
    # Errors of 1 against 1 (persistence 8, observed 9) and 2 (climatology 7): skill 1 - 1/1 and 1 - 1/4.
    row = at(verify(build_matured(origins(5))), window="all", season="all", region="all")
    assert (row["n"], row["rmse"], row["bias"]) == (5, 1.0, 1.0)
    assert (row["skill_persistence"], row["skill_climatology"]) == (0.0, 0.75)


def test_verify_forecasts_counts_the_target_days_of_the_last_thirty_days():
    # Targets 2023-11-22 to 12-31; the thirty days up to 12-31 begin on 12-02.
    table = verify(build_matured(origins(40)))
    recent = at(table, window="last_30_days", season="all", region="all")
    assert (recent["n"], recent["first_target"]) == (30, pd.Timestamp("2023-12-02"))
    assert at(table, window="all", season="all", region="all")["n"] == 40


def test_verify_forecasts_has_no_recent_row_where_nothing_recent_matured():
    assert set(verify(build_matured(origins(3, last="2023-06-01")))["window"]) == {"all"}


def test_verify_forecasts_scores_each_state_and_all_together():
    matured = pd.concat([build_matured(origins(3)), build_matured(origins(2), site_id=OTHER)])
    sites = build_area_sites("06-037-1103", OTHER, state=["California", "New York"])
    counts = verify(matured, sites).query("window == 'all' and season == 'all'").set_index("region")["n"]
    assert counts.to_dict() == {"California": 3, "New York": 2, "all": 5}


def test_verify_forecasts_counts_a_site_without_state_among_all():
    table = verify(build_matured(origins(3)), build_area_sites(state=""))
    assert set(table["region"]) == {"all"}


def test_verify_forecasts_says_of_what_kinds_the_forecasts_are():
    matured = build_matured(origins(2), kind=["issued", "hindcast"])
    assert set(verify(matured)["kind"]) == {"hindcast+issued"}


def test_verify_forecasts_scores_each_season_of_the_target_day_everywhere_and_in_each_state():
    # Targets 2023-11-22 to 12-31: nine days of autumn, then winter.
    table = verify(build_matured(origins(40))).query("window == 'all'")
    counts = table.set_index(["season", "region"])["n"].to_dict()
    by_season = {"all": 40, "autumn": 9, "winter": 31}
    assert counts == {(season, region): n for season, n in by_season.items() for region in ("all", "California")}
    autumn = at(table, season="autumn", region="all")
    assert (autumn["first_target"], autumn["last_target"]) == (pd.Timestamp("2023-11-22"), pd.Timestamp("2023-11-30"))


def test_verify_forecasts_counts_the_rows_that_are_provisional_in_each_group():
    # The last three of 40 target days, 12-29 to 12-31, are AirNow's: all of them of winter, and recent.
    table = verify(build_matured(origins(40), provisional=[False] * 37 + [True] * 3))
    counts = table[table["region"] == "all"].set_index(["window", "season"])["n_provisional"].to_dict()
    by_season = {"all": 3, "autumn": 0, "winter": 3}
    assert counts == {
        ("last_30_days", "all"): 3,
        ("last_30_days", "winter"): 3,
        **{("all", season): n for season, n in by_season.items()},
    }
    assert set(table["n"]) == {40, 31, 30, 9}  # and they count in the scores as any other


def test_overall_has_one_row_a_pollutant_and_lead_of_a_window():
    table = verify(build_matured(origins(40)))
    assert [overall(table)["n"].tolist(), overall(table, "last_30_days")["n"].tolist()] == [[40], [30]]


# All, and California; the year, and one season or two; all days, and the recent ones.
@pytest.mark.parametrize(("count", "rows"), [(0, 0), (1, 8), (40, 2 * 3 + 2 * 2)])
def test_verify_forecasts_fits_the_schema(count, rows):
    table = verify(build_matured(origins(count)))
    assert len(schemas.Verification.validate(table)) == rows


def month(worse, seed):
    """Thirty days of a site whose errors, and those of persistence, are alike from day to day; ours ``worse`` times."""
    draws = np.random.default_rng(seed).normal(size=(3, 60))
    for day in range(1, 60):
        draws[:, day] = 0.6 * draws[:, day - 1] + 0.8 * draws[:, day]
    air, ours, theirs = draws[:, 30:]
    return build_matured(
        origins(30),
        observed=0.0,
        mean=worse * np.exp(0.4 * air + 0.25 * ours),
        persistence=np.exp(0.4 * air + 0.25 * theirs),
    )


def test_of_months_as_good_as_persistence_few_are_lost_and_of_bad_ones_most():
    lost = {
        worse: np.mean([loses_to_persistence(month(worse, seed), 0.0) for seed in range(300)]) for worse in (1, 1.7)
    }
    # One in twenty is meant; of 300 such months 27 or more are lost in one case of 1,000.
    assert lost[1] < 27 / 300
    assert lost[1.7] > 0.8


def test_forecasts_are_held_against_the_skill_that_is_asked_for():
    # Errors of 1 each day: against 2 the skill is 0.75, against 1 it is 0.
    matured = build_matured(origins(30), persistence=[7.0, 11.0] * 15)
    assert [loses_to_persistence(matured, least) for least in (0.0, 0.74, 0.76)] == [False, False, True]
