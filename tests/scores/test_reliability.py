import numpy as np
import pytest

from airwatch.scores import reliability
from builders_scores import build_forecasts


def test_chances_are_binned_and_each_bin_says_what_happened():
    # 9.1 is above an AQI of 50 and 9.0 is not. Two chances in the first tenth, one on the edge of the second, one sure.
    forecasts = build_forecasts(4, p_aqi_above_50=[0.04, 0.08, 0.1, 1.0], observed=[9.0, 9.1, 9.0, 9.1])
    table = reliability(forecasts, 50)
    assert table.columns.tolist() == ["chance_low", "chance_high", "mean_chance", "observed_share", "n"]
    rows = [[0.0, 0.1, 0.06, 0.5, 2], [0.1, 0.2, 0.1, 0.0, 1], [0.9, 1.0, 1.0, 1.0, 1]]
    assert table.to_numpy() == pytest.approx(np.array(rows))


def test_each_threshold_has_its_own_chance_and_breakpoint():
    forecasts = build_forecasts(2, p_aqi_above_100=0.3, observed=[35.4, 35.5])
    assert reliability(forecasts, 100)[["mean_chance", "observed_share"]].to_numpy().tolist() == [[0.3, 0.5]]


def test_bins_can_be_fewer():
    assert reliability(build_forecasts(4, p_aqi_above_50=[0.1, 0.3, 0.6, 0.9]), 50, bins=2)["n"].tolist() == [2, 2]


def test_days_not_observed_are_in_no_bin():
    assert reliability(build_forecasts(3, observed=[11.0, np.nan, 11.0]), 50)["n"].tolist() == [2]


def test_nothing_has_no_bins():
    assert len(reliability(build_forecasts(0), 50)) == 0


def test_a_threshold_that_nobody_forecasts_is_refused():
    with pytest.raises(ValueError, match=r"AQI above 75.*50, 100, 150"):
        reliability(build_forecasts(3), 75)
