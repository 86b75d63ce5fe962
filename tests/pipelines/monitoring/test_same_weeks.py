import numpy as np
import pandas as pd
import pytest

from airwatch.pipelines.monitoring.same_weeks import compare, varies
from builders import SITE, build_days, build_run
from builders_changes import build_smoke
from builders_monitoring import build_monitoring_params

OTHER = "06-037-4008"
COLUMN = "value_lag_00"


def features_of(days):
    rows = days.rename(columns={"date_local": "origin_date"})[["site_id", "pollutant", "origin_date"]]
    return rows.assign(value_lag_00=days["value"].astype(np.float32))


def compared(days, features=None, run=None, **drift):
    given = {"columns": [COLUMN], "current_days": 10, "reference_margin_days": 0, "min_rows": 5, **drift}
    features = features_of(days) if features is None else features
    return compare(
        "pm25", features, days, build_smoke(), run or build_run(), build_monitoring_params(drift=given).drift
    )


def test_compare_takes_the_same_weeks_of_the_years_before_and_no_other_season():
    # Values are day numbers from 2019-01-01. The current ten days end on 2023-12-31; a year before (365 days),
    # two (730, for 730.5 rounds to even), three (1096) and four (1461) they are these.
    days = build_days(1826, start="2019-01-01")
    current, reference = compared(days).pairs[COLUMN]
    ends = [1826 - back for back in (365, 730, 1096, 1461)]
    assert sorted(current) == list(range(1817, 1827))
    assert sorted(reference) == sorted(end - n for end in ends for n in range(10))


def test_compare_ends_the_current_weeks_on_the_newest_observed_day():
    comparison = compared(build_days(1000, start="2020-01-01"))  # ends on 2022-09-26
    assert (comparison.first, comparison.last) == (pd.Timestamp("2022-09-17"), pd.Timestamp("2022-09-26"))


def test_compare_knows_nothing_of_days_after_as_of():
    days = build_days(1826, start="2019-01-01")
    assert compared(days, run=build_run(as_of="2023-06-30")).last == pd.Timestamp("2023-06-30")


def test_compare_widens_the_same_weeks_but_never_into_the_current_ones():
    days = build_days(1826, start="2019-01-01")
    _, reference = compared(days, current_days=360, reference_margin_days=30).pairs[COLUMN]
    assert reference.max() == 1826 - 360


def test_compare_leaves_out_a_site_that_came_this_year():
    days = pd.concat([build_days(1826, start="2019-01-01"), build_days(90, start="2023-10-03", site=OTHER)])
    comparison = compared(days)
    assert (comparison.sites, comparison.rows[0]) == (1, 10)


def test_compare_says_that_a_network_has_no_earlier_year():
    comparison = compared(build_days(90, start="2023-10-03"))
    assert comparison.pairs == {}
    assert comparison.reason == "no site observed in these weeks of this year and of others"


def test_compare_says_that_a_pollutant_was_not_observed():
    assert compared(build_days(0)).reason == "no observation"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(1826, np.nan, dtype=np.float32), "0 values now and 0 in earlier years, 5 needed"),
        (np.full(1826, 0.04, dtype=np.float32), "all values are equal"),
    ],
)
def test_compare_leaves_out_a_column_that_has_nothing_to_say(values, reason):
    days = build_days(1826, start="2019-01-01")
    comparison = compared(days, features_of(days).assign(value_lag_00=values))
    assert comparison.left_out == {COLUMN: reason}
    assert comparison.reason == "no column could be compared"


def test_compare_leaves_out_a_column_that_the_table_lacks():
    days = build_days(1826, start="2019-01-01")
    comparison = compared(days, columns=[COLUMN, "value_lag_99"])
    assert (list(comparison.pairs), comparison.left_out) == ([COLUMN], {"value_lag_99": "no such feature"})


def test_compare_draws_the_same_sample_for_the_same_seed():
    days = build_days(1826, start="2019-01-01")
    first, second = (compared(days, max_rows=20) for _ in range(2))
    assert first.sampled
    assert len(first.pairs[COLUMN][1]) == 20
    pd.testing.assert_series_equal(first.pairs[COLUMN][1], second.pairs[COLUMN][1])


@pytest.mark.parametrize(
    ("values", "answer"), [([0.0, 0.0], False), ([1.0, 1.0 + 1e-9], False), ([0.040, 0.041], True), ([-1.0, 1.0], True)]
)
def test_varies_looks_past_rounding(values, answer):
    assert varies(pd.Series(values)) is answer


def test_compare_is_of_one_pollutant_only():
    days = build_days(1826, start="2019-01-01")
    both = pd.concat([days, build_days(1826, start="2019-01-01", pollutant="ozone", site=SITE, values=0.04)])
    assert compared(both, features_of(both)).rows == (10, 40)
