"""One value for each site and day, by the stated rule."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from benchmarks.skill.observations import one_value_a_day, read_observations
from builders_skill import observed


def monitor(poc, values, start="2019-01-01"):
    return observed(values, start).assign(poc=poc)


def values_of(*monitors):
    return one_value_a_day(pd.concat(monitors))["value"].tolist()


def test_the_monitor_with_the_most_days_gives_the_value():
    assert values_of(monitor(1, [1.0, 1.0]), monitor(3, [3.0, 3.0, 3.0])) == [3.0, 3.0, 3.0]


def test_of_monitors_with_as_many_days_the_smallest_number_gives_the_value():
    assert values_of(monitor(4, [4.0, 4.0]), monitor(2, [2.0, 2.0])) == [2.0, 2.0]


def test_a_day_that_the_first_monitor_missed_is_filled_by_the_one_with_the_next_most_days():
    first, second, third = [1.0, float("nan"), 1.0, 1.0], [5.0, 5.0], [9.0]
    found = values_of(monitor(1, first), monitor(5, second, "2019-01-02"), monitor(2, third, "2019-01-02"))
    assert found == [1.0, 5.0, 1.0, 1.0]


def test_another_site_has_an_order_of_its_own():
    here = pd.concat([monitor(1, [1.0, 1.0]), monitor(2, [2.0])])
    there = pd.concat([monitor(1, [1.0]), monitor(2, [2.0, 2.0])]).assign(site_id="06-037-0009")
    assert one_value_a_day(pd.concat([here, there]))["value"].tolist() == [1.0, 1.0, 2.0, 2.0]


def panel(**columns):
    row = {
        "state_code": "06",
        "county_code": "037",
        "site_number": "0001",
        "parameter_code": "88101",
        "poc": 1,
        "date_local": "2019-01-01",
        "latitude": 34.0,
        "longitude": -118.0,
        "arithmetic_mean": 7.5,
        "first_max_value": 31.0,
    }
    return pd.DataFrame([{**row, **columns}])


@pytest.mark.parametrize(("code", "name", "value"), [("88101", "pm25", 7.5), ("44201", "ozone", 31.0)])
def test_a_pollutant_is_read_from_the_column_that_holds_its_daily_value(tmp_path, code, name, value):
    panel(parameter_code=code).to_parquet(tmp_path / "panel.parquet")
    observations, sites = read_observations(tmp_path / "panel.parquet", name)
    assert_frame_equal(observations, observed([value]), check_dtype=False)
    assert sites.to_dict("list") == {"site_id": ["06-037-0001"], "latitude": [34.0], "longitude": [-118.0]}


def test_a_row_without_a_value_is_no_observation(tmp_path):
    rows = pd.concat([panel(), panel(date_local="2019-01-02", arithmetic_mean=None)], ignore_index=True)
    rows.to_parquet(tmp_path / "panel.parquet")
    assert len(read_observations(tmp_path / "panel.parquet", "pm25")[0]) == 1


def test_a_file_without_the_pollutant_is_refused_by_name(tmp_path):
    panel().to_parquet(tmp_path / "panel.parquet")
    with pytest.raises(ValueError, match=r"panel\.parquet has no row of Ozone \(parameter 44201\)"):
        read_observations(tmp_path / "panel.parquet", "ozone")
