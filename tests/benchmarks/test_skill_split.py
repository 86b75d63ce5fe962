"""The fixed judgement: its sites, its days and the rows that are scored."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.skill.split import NORTH_MAIN, eligible_rows, is_test_site, split_for
from builders_skill import SITES, build_split, observed

TEST_SITE, OTHER_SITE = "06-037-0004", "06-037-0001"


def days_of(site, start="2018-01-01", count=1461):
    return observed([5.0] * count, start, site)  # 1461 days are four years


# printf 06-037-0004 | sha1sum, read as a number, leaves 0 when divided by five; the others leave 3, 3 and 4.
@pytest.mark.parametrize(
    ("site", "kept"), [("06-037-0004", True), ("06-037-0001", False), (NORTH_MAIN, False), ("49-035-3006", False)]
)
def test_a_site_is_kept_for_the_test_by_its_hash(site, kept):
    assert is_test_site(site) is kept


def test_the_test_forecasts_the_test_sites_on_every_day_of_2020_and_2021():
    both = pd.concat([days_of(OTHER_SITE), days_of(TEST_SITE)])
    split, seen = split_for("test", both)
    assert split.test_sites == (TEST_SITE,)
    assert split.train_until == pd.Timestamp("2019-12-31")
    assert (split.origins[0], split.origins[-1], len(split.origins)) == (
        pd.Timestamp("2020-01-01"),
        pd.Timestamp("2021-12-31"),
        731,
    )
    assert set(seen["site_id"]) == {TEST_SITE, OTHER_SITE}


def test_dev_knows_neither_the_test_sites_nor_the_days_of_the_test():
    split, seen = split_for("dev", pd.concat([days_of(OTHER_SITE), days_of(TEST_SITE)]))
    assert split.test_sites == (OTHER_SITE,)
    assert split.train_until == pd.Timestamp("2018-12-31")
    assert set(seen["site_id"]) == {OTHER_SITE}
    assert seen["date_local"].max() == pd.Timestamp("2019-12-31")


def test_ozone_is_judged_at_north_main_alone_from_its_own_record():
    split, seen = split_for("ozone", pd.concat([days_of(OTHER_SITE), days_of(NORTH_MAIN)]))
    assert (split.pollutant, split.test_sites, split.near_daily) == ("ozone", (NORTH_MAIN,), 250)
    assert set(seen["site_id"]) == {NORTH_MAIN}


def test_ozone_counts_all_days_where_the_site_is_near_daily_in_no_year():
    split, _ = split_for("ozone", days_of(NORTH_MAIN, "2019-01-01", 249))
    assert split.near_daily == 0


def test_a_sample_is_spread_over_the_sites():
    sites = [f"06-037-{number:04d}" for number in range(1, 30)]
    others = [site for site in sites if not is_test_site(site)]
    split, seen = split_for("dev", pd.concat([days_of(site, "2019-01-01", 2) for site in sites]), sample=2)
    assert split.test_sites == (others[0], others[-1])
    assert set(seen["site_id"]) == set(others)


def test_an_unknown_protocol_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="No protocol 'best': choose one of test, dev, ozone"):
        split_for("best", days_of(TEST_SITE))


def test_a_file_without_a_site_of_the_protocol_is_refused():
    with pytest.raises(ValueError, match="no site of the protocol 'test'"):
        split_for("test", days_of(OTHER_SITE))


def test_a_row_is_scored_where_origin_and_target_were_observed():
    seen = observed([1.0, 2.0, np.nan, 4.0], "2020-01-01", SITES[0])
    rows = eligible_rows(seen, build_split(horizon=2))
    # From 1 January the 2nd is one day ahead; from the 2nd the 4th is two; the 3rd is neither origin nor target.
    assert rows["origin_date"].dt.day.tolist() == [1, 2]
    assert rows["lead_days"].tolist() == [1, 2]
    assert rows["observed"].tolist() == [2.0, 4.0]
    assert rows["persistence"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("days", "years"), [(249, [2021]), (250, [2020, 2021])])
def test_a_site_is_scored_in_the_years_with_250_observed_days(days, years):
    seen = pd.concat([days_of(TEST_SITE, "2020-01-01", days), days_of(TEST_SITE, "2021-01-01", 300)])
    split, seen = split_for("test", seen)
    assert sorted(eligible_rows(seen, split)["origin_date"].dt.year.unique()) == years
