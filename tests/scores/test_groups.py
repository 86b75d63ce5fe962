import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch.scores import GROUPINGS, SCORE_COLUMNS, score_groups, score_table
from builders_scores import build_forecasts


def build_candidate(candidate="ridge", site="06-037-1103", count=60, **columns):
    """Forecasts of one candidate at one site, one day ahead."""
    table = build_forecasts(count, candidate=candidate, site_id=site, **columns)
    return table.assign(target_date=table["origin_date"] + pd.to_timedelta(table["lead_days"], unit="D"))


def counts(table, grouping):
    """Rows in each group of a grouping."""
    of_grouping = table[table["grouping"] == grouping]
    return dict(zip(of_grouping["group"], of_grouping["n"], strict=True))


def test_all_rows_are_scored_as_the_plain_table_scores_them():
    rows = pd.concat([build_candidate(), build_candidate(lead_days=2, mean=12.0)])
    of_all = score_groups(rows).query("grouping == 'all'").drop(columns=["grouping", "group"])
    plain = score_table(rows, ["pollutant", "candidate", "lead_days"])
    assert_frame_equal(of_all.reset_index(drop=True), plain)


def test_seasons_are_those_of_the_target_day():
    # One day ahead of 2020-11-28 to 2020-12-01: two days of November, two of December.
    days = pd.date_range("2020-11-28", periods=4)
    assert counts(score_groups(build_candidate(count=4, origin_date=days)), "season") == {"autumn": 2, "winter": 2}


@pytest.mark.parametrize(
    ("day", "season"),
    [("2021-02-28", "winter"), ("2021-03-01", "spring"), ("2021-06-01", "summer"), ("2021-08-31", "summer")],
)
def test_a_season_begins_with_its_first_month(day, season):
    table = build_candidate(count=1).assign(target_date=pd.Timestamp(day))
    assert counts(score_groups(table), "season") == {season: 1}


def test_regions_are_epa_s_and_a_site_outside_them_is_in_none():
    sites = ["06-037-1103", "32-003-0043", "36-061-0135", "CC-001-0001"]
    table = score_groups(pd.concat([build_candidate(site=site, count=10) for site in sites]))
    assert counts(table, "region") == {"region 02": 10, "region 09": 20}
    assert counts(table, "site") == dict.fromkeys(sites, 10)


def test_sites_of_no_region_at_all_leave_the_grouping_out():
    assert counts(score_groups(build_candidate(site="CC-001-0001")), "region") == {}


def test_levels_are_the_category_of_the_observation():
    table = score_groups(build_candidate(count=4, observed=[9.0, 9.1, 35.5, 300.0]))
    assert counts(table, "level") == {
        "Good": 1, "Hazardous": 1, "Moderate": 1, "Unhealthy for Sensitive Groups": 1
    }  # fmt: skip


def test_a_grouping_splits_all_rows():
    rng = np.random.default_rng(1)
    sites = [build_candidate(site=site, count=500, observed=rng.lognormal(3, 1, 500)) for site in ("06-1", "53-1")]
    table = score_groups(pd.concat(sites))
    assert {grouping: sum(counts(table, grouping).values()) for grouping in GROUPINGS} == dict.fromkeys(GROUPINGS, 1000)


def test_the_reference_candidates_give_their_crps_on_the_same_row():
    # Quantiles all at 13 lose 2 where 11 was observed; those of 7 to 13 lose 2 * 1.7 / 7.
    sure = {f"q{share:02}": 13.0 for share in (5, 10, 25, 50, 75, 90, 95)}
    persistence = build_candidate("persistence", count=30, **sure)
    table = score_groups(pd.concat([build_candidate(), persistence[::-1]]))
    row = table.query("candidate == 'ridge' and grouping == 'all'").iloc[0]
    # It forecast 30 of the 60 days, on which alone its CRPS stands.
    assert row["crps_persistence"] == pytest.approx(2.0)
    assert row["crps_skill_persistence"] == pytest.approx(1 - 1.7 / 7)
    assert np.isnan(row["crps_skill_climatology"])
    own = table.query("candidate == 'persistence' and grouping == 'all'").iloc[0]
    assert own["crps_skill_persistence"] == 0.0


def test_a_reference_of_another_site_or_lead_gives_no_crps():
    others = [build_candidate("persistence", site="06-037-0002"), build_candidate("persistence", lead_days=2)]
    table = score_groups(pd.concat([build_candidate(), *others]))
    assert table.query("candidate == 'ridge'")["crps_persistence"].isna().all()


def test_days_not_observed_are_in_no_group():
    table = score_groups(build_candidate(observed=np.where(np.arange(60) < 50, 11.0, np.nan)))
    assert counts(table, "all") == {"all": 50}


def test_the_table_is_sorted_by_its_key():
    table = score_groups(pd.concat([build_candidate("ridge"), build_candidate("blend")]))
    key = ["pollutant", "candidate", "lead_days", "grouping", "group"]
    assert table.columns.tolist() == [*key, *SCORE_COLUMNS]
    assert_frame_equal(table, table.sort_values(key, ignore_index=True))
    assert not table.duplicated(key).any()


def test_no_forecasts_give_an_empty_table_of_the_same_types():
    empty = score_groups(build_candidate(count=0))
    assert len(empty) == 0
    assert list(empty.columns) == list(score_groups(build_candidate()).columns)
    assert empty.dtypes[list(SCORE_COLUMNS)].to_dict() == SCORE_COLUMNS
