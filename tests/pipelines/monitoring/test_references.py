import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from airwatch.pipelines.monitoring.references import add_references
from builders import build_days, build_feature_params
from builders_monitoring import build_forecasts

SPEC = build_feature_params().features


def test_add_references_takes_the_origin_s_own_value_as_persistence():
    [row] = add_references(build_forecasts(["2023-01-02"]), build_days(3), SPEC).to_dict("records")
    assert row["persistence"] == 2.0


def test_add_references_takes_the_newest_value_before_an_origin_that_was_missed():
    [row] = add_references(build_forecasts(["2023-01-02"]), build_days(3, missing=[1]), SPEC).to_dict("records")
    assert row["persistence"] == 1.0


def test_add_references_knows_no_value_of_a_site_that_is_not_observed():
    [row] = add_references(build_forecasts(site_id="06-001-0001"), build_days(365), SPEC).to_dict("records")
    assert np.isnan([row["persistence"], row["climatology"]]).all()


def test_add_references_takes_the_mean_of_the_same_month_of_the_year_before_as_climatology():
    # The target 2023-12-02 lies 365 days after 2022-12-02; 15 days to either side hold 1 ... 31, whose mean is 16.
    days = build_days(31, start="2022-11-17")
    [row] = add_references(build_forecasts(["2023-12-01"]), days, SPEC).to_dict("records")
    assert row["climatology"] == 16.0


def test_add_references_gives_each_lead_the_climatology_of_its_own_target():
    # A day later the window of 31 days holds 2 ... 31 only: 30 values, mean 16.5.
    days = build_days(31, start="2022-11-17")
    rows = add_references(build_forecasts(["2023-12-01"], leads=(1, 2)), days, SPEC)
    assert rows["climatology"].tolist() == [16.0, 16.5]


def test_add_references_keeps_pollutants_apart_and_the_order_of_rows():
    rows = pd.concat([build_forecasts(["2023-01-02"], pollutant="ozone"), build_forecasts(["2023-01-02"])])
    days = pd.concat([build_days(3), build_days(3, pollutant="ozone", values=0.04)])
    assert add_references(rows, days, SPEC)["persistence"].tolist() == [0.04, 2.0]


@given(st.dates(pd.Timestamp("2022-06-01").date(), pd.Timestamp("2022-12-01").date()), st.integers(1, 14))
def test_add_references_is_not_changed_by_days_after_the_origin(origin, lead):
    days, rows = build_days(730, start="2021-01-01", seed=3), build_forecasts([str(origin)], leads=[lead])
    then = days[days["date_local"] <= pd.Timestamp(origin)]
    pd.testing.assert_frame_equal(add_references(rows, then, SPEC), add_references(rows, days, SPEC))
