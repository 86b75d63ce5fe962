"""The AQI: EPA's examples, each boundary, and the laws."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.aqi import (
    BREAKPOINTS,
    Breakpoints,
    aqi_of,
    aqi_to_concentration,
    breakpoints,
    concentration_to_aqi,
    exceedance_concentration,
    truncate,
)
from airwatch.domain.pollutants import POLLUTANTS, UnknownPollutant

OLD_PM25 = date(2024, 5, 5)
EVERY_TABLE = [
    pytest.param(name, table, id=f"{name}-{table.holds_from.year}")
    for name, tables in BREAKPOINTS.items()
    for table in tables
]
tables = st.sampled_from([(name, table.holds_from) for name, each in BREAKPOINTS.items() for table in each])


def slow_aqi(pollutant: str, concentration: Fraction, on: date) -> int:
    """Equation 1 of 40 CFR 58 App. G in exact fractions, segment by segment, rounded half up."""
    table = breakpoints(pollutant, on)
    step = Fraction(1, 10**table.decimals)
    cut = max(concentration // step * step, Fraction(0))
    low, low_index, index = Fraction(0), 0, Fraction(0)
    for top, high_index in zip(table.tops, table.indices, strict=True):
        if cut < low:
            break
        high = Fraction(str(top))
        index = Fraction(high_index - low_index) / (high - low) * (cut - low) + low_index
        low, low_index = high + step, high_index + 1
    return int(index + Fraction(1, 2))


class TestEpasNumbers:
    @pytest.mark.parametrize(
        ("pollutant", "concentration", "aqi"),
        # The worked example of EPA's Technical Assistance Document; ozone's exact index is 125.5.
        [("ozone", 0.07853333, 126), ("pm25", 35.9, 102), ("co", 8.4, 90)],
    )
    def test_worked_example(self, pollutant: str, concentration: float, aqi: int) -> None:
        assert concentration_to_aqi(pollutant, concentration) == aqi

    @pytest.mark.parametrize(
        ("pollutant", "top", "below", "above"),
        # (top of a category, AQI there, AQI one step higher): 40 CFR 58 App. G, Table 2, as of 2024.
        [
            ("pm25", 9.0, 50, 51),
            ("pm25", 35.4, 100, 101),
            ("pm25", 55.4, 150, 151),
            ("pm25", 125.4, 200, 201),
            ("pm25", 225.4, 300, 301),
            ("pm10", 54, 50, 51),
            ("pm10", 154, 100, 101),
            ("pm10", 254, 150, 151),
            ("pm10", 354, 200, 201),
            ("pm10", 424, 300, 301),
            ("ozone", 0.054, 50, 51),
            ("ozone", 0.070, 100, 101),
            ("ozone", 0.085, 150, 151),
            ("ozone", 0.105, 200, 201),
            ("ozone", 0.200, 300, 301),
            ("no2", 53, 50, 51),
            ("no2", 100, 100, 101),
            ("no2", 360, 150, 151),
            ("no2", 649, 200, 201),
            ("no2", 1249, 300, 301),
            ("so2", 35, 50, 51),
            ("so2", 75, 100, 101),
            ("so2", 185, 150, 151),
            ("so2", 304, 200, 201),
            ("so2", 604, 300, 301),
            ("co", 4.4, 50, 51),
            ("co", 9.4, 100, 101),
            ("co", 12.4, 150, 151),
            ("co", 15.4, 200, 201),
            ("co", 30.4, 300, 301),
        ],
    )
    def test_boundary(self, pollutant: str, top: float, below: int, above: int) -> None:
        step = 10 ** -POLLUTANTS[pollutant].aqi_decimals
        assert concentration_to_aqi(pollutant, top) == below
        assert concentration_to_aqi(pollutant, top + 0.999 * step) == below
        assert concentration_to_aqi(pollutant, top + step) == above

    @pytest.mark.parametrize(
        ("pollutant", "concentration"),
        [("pm25", 325.4), ("pm10", 604), ("no2", 2049), ("so2", 1004), ("co", 50.4)],
    )
    def test_an_aqi_of_500(self, pollutant: str, concentration: float) -> None:
        assert concentration_to_aqi(pollutant, concentration) == 500

    @pytest.mark.parametrize(
        ("concentration", "aqi"),
        # AQS's own indices of two days in smoke.
        [(325.7, 501), (794.9, 1435)],
    )
    def test_the_index_does_not_stop_at_500(self, concentration: float, aqi: int) -> None:
        assert concentration_to_aqi("pm25", concentration) == aqi

    def test_ozone_goes_on_along_its_last_segment(self) -> None:
        # 99 / 0.094 * (0.250 - 0.106) + 201 = 352.66
        assert concentration_to_aqi("ozone", 0.250) == 353

    @pytest.mark.parametrize("pollutant", BREAKPOINTS)
    def test_a_negative_concentration_scores_zero(self, pollutant: str) -> None:
        assert concentration_to_aqi(pollutant, -0.004) == concentration_to_aqi(pollutant, -7.8) == 0


class TestTheDayOfATable:
    @pytest.mark.parametrize(
        ("concentration", "old", "new"),
        [
            (9.1, 38, 51),  # 50 / 12.0 * 9.1 = 37.9
            (12.0, 50, 56),  # 49 / 26.3 * 2.9 + 51 = 56.4
            (12.1, 51, 57),  # 49 / 26.3 * 3.0 + 51 = 56.6
            (35.5, 101, 101),
            (150.4, 200, 226),  # 99 / 99.9 * 24.9 + 201 = 225.7
            (250.5, 301, 351),  # 199 / 99.9 * 25.0 + 301 = 350.8
            (350.4, 400, 550),  # 199 / 99.9 * 124.9 + 301 = 549.8
            (500.4, 500, 849),  # 199 / 99.9 * 274.9 + 301 = 848.6
        ],
    )
    def test_pm25_before_and_after_the_rule_of_2024(self, concentration: float, old: int, new: int) -> None:
        assert concentration_to_aqi("pm25", concentration, on=OLD_PM25) == old
        assert concentration_to_aqi("pm25", concentration, on=date(2024, 5, 6)) == new
        assert concentration_to_aqi("pm25", concentration) == new

    def test_a_day_before_the_oldest_table_is_scored_by_the_oldest(self) -> None:
        assert concentration_to_aqi("pm25", 12.0, on=date(1999, 1, 1)) == 50

    def test_a_timestamp_is_a_day_too(self) -> None:
        assert concentration_to_aqi("pm25", 12.0, on=pd.Timestamp("2024-05-05")) == 50

    def test_hazardous_had_two_segments_before_2024(self) -> None:
        # 504 µg/m³ of PM10 was the top of the first, and is 199 / 179 * 79 + 301 = 388.8 now.
        assert concentration_to_aqi("pm10", 504, on=OLD_PM25) == 400
        assert concentration_to_aqi("pm10", 504) == 389

    @pytest.mark.parametrize("pollutant", BREAKPOINTS)
    def test_tables_follow_each_other(self, pollutant: str) -> None:
        days = [table.holds_from for table in BREAKPOINTS[pollutant]]
        assert days == sorted(set(days))

    @pytest.mark.parametrize(("pollutant", "table"), EVERY_TABLE)
    def test_a_table_rises_and_is_written_on_its_grid(self, pollutant: str, table: Breakpoints) -> None:
        assert table.decimals == POLLUTANTS[pollutant].aqi_decimals
        assert [step / 10**table.decimals for step in table.high_steps] == list(table.tops)
        assert all(low < high for low, high in zip(table.low_steps, table.high_steps, strict=True))
        assert all(low < high for low, high in zip(table.low_indices, table.indices, strict=True))


class TestLaws:
    @given(tables, st.integers(-20_000, 3_000_000))
    def test_the_index_agrees_with_exact_arithmetic(self, which: tuple[str, date], thousandths: int) -> None:
        pollutant, on = which
        exact = Fraction(thousandths, 1000)
        assert concentration_to_aqi(pollutant, thousandths / 1000, on) == slow_aqi(pollutant, exact, on)

    @given(tables, st.floats(-20, 2_500), st.floats(-20, 2_500))
    def test_more_pollution_never_scores_less(self, which: tuple[str, date], one: float, other: float) -> None:
        pollutant, on = which
        low, high = sorted([one, other])
        assert concentration_to_aqi(pollutant, low, on) <= concentration_to_aqi(pollutant, high, on)

    @given(tables, st.lists(st.floats(-20, 2_500)))
    def test_an_array_scores_as_its_members(self, which: tuple[str, date], values: list[float]) -> None:
        pollutant, on = which
        assert aqi_of(pollutant, values, on).tolist() == [
            concentration_to_aqi(pollutant, value, on) for value in values
        ]

    @given(tables, st.integers(0, 6_000))
    def test_an_index_that_was_scored_is_met_again(self, which: tuple[str, date], steps: int) -> None:
        pollutant, on = which
        aqi = concentration_to_aqi(pollutant, steps / 10 ** POLLUTANTS[pollutant].aqi_decimals, on)
        assert concentration_to_aqi(pollutant, aqi_to_concentration(pollutant, aqi, on), on) == aqi

    @given(tables, st.integers(0, 600))
    def test_an_exceedance_begins_at_its_concentration(self, which: tuple[str, date], aqi: int) -> None:
        pollutant, on = which
        first = exceedance_concentration(pollutant, aqi, on)
        step = 10 ** -POLLUTANTS[pollutant].aqi_decimals
        assert concentration_to_aqi(pollutant, first, on) > aqi
        assert concentration_to_aqi(pollutant, first - 0.5 * step, on) <= aqi


class TestBackToConcentration:
    @pytest.mark.parametrize(
        ("pollutant", "aqi", "concentration"),
        [
            ("pm25", 0, 0.0),
            ("pm25", 50, 9.0),
            ("pm25", 51, 9.1),
            ("pm25", 100, 35.4),
            ("pm25", 150, 55.4),
            ("pm25", 500, 325.4),
            ("pm25", 1435, 794.8),  # 99.9 / 199 * 1134 + 225.5 = 794.77
            ("ozone", 100, 0.070),
            ("ozone", 75, 0.062),  # 0.015 / 49 * 24 + 0.055 = 0.0623
            ("co", 90, 8.4),
        ],
    )
    def test_aqi_to_concentration(self, pollutant: str, aqi: int, concentration: float) -> None:
        assert aqi_to_concentration(pollutant, aqi) == concentration

    @pytest.mark.parametrize(
        ("pollutant", "aqi", "concentration"),
        [
            ("pm25", 50, 9.1),
            ("pm25", 100, 35.5),
            ("pm25", 150, 55.5),
            ("pm25", 200, 125.5),
            ("pm25", 300, 225.5),
            ("pm25", 500, 325.7),  # 99.9 / 199 * 199.5 + 225.5 = 325.65
            ("pm25", 0, 0.1),  # 50 / 9.0 * 0.1 = 0.6
            ("ozone", 50, 0.055),
            ("ozone", 100, 0.071),
            ("ozone", 150, 0.086),
            ("no2", 100, 101.0),
            ("so2", 100, 76.0),
            ("co", 100, 9.5),
            ("pm10", 100, 155.0),
        ],
    )
    def test_exceedance_concentration(self, pollutant: str, aqi: int, concentration: float) -> None:
        assert exceedance_concentration(pollutant, aqi) == concentration

    def test_exceedance_by_the_table_of_2012(self) -> None:
        assert exceedance_concentration("pm25", 50, on=OLD_PM25) == 12.1

    def test_a_negative_index_has_no_concentration(self) -> None:
        with pytest.raises(ValueError, match="-1 is not an AQI"):
            aqi_to_concentration("pm25", -1)
        with pytest.raises(ValueError, match="-1 is not an AQI"):
            exceedance_concentration("pm25", -1)


class TestTruncation:
    @given(st.lists(st.integers(0, 604), min_size=8, max_size=8))
    def test_eight_hours_of_ozone_agree_with_exact_arithmetic(self, hours_ppb: list[int]) -> None:
        mean_ppm = float(np.mean([hour / 1000 for hour in hours_ppb]))
        assert truncate(mean_ppm, 3) == (sum(hours_ppb) // 8) / 1000

    @given(st.lists(st.integers(0, 9_999), min_size=24, max_size=24))
    def test_a_day_of_pm25_agrees_with_exact_arithmetic(self, hours_tenths: list[int]) -> None:
        mean = sum(hour / 10 for hour in hours_tenths) / 24
        assert truncate(mean, 1) == (sum(hours_tenths) // 24) / 10

    def test_a_mean_that_lands_a_hair_low_keeps_its_category(self) -> None:
        mean = sum([0.086] * 8) / 8
        hair_low = np.nextafter(0.086, 0)
        assert concentration_to_aqi("ozone", mean) == concentration_to_aqi("ozone", hair_low) == 151

    def test_a_value_truly_below_the_step_is_not_lifted(self) -> None:
        # The nearest that six printed decimals come to the next category.
        assert concentration_to_aqi("ozone", 0.070999) == 100
        assert concentration_to_aqi("pm25", 35.499999) == 100

    @pytest.mark.parametrize(
        ("value", "cut"), [(-0.125, -0.1), (-1.875, -1.8), (-0.05, 0.0), (190.25, 190.2), (9.1, 9.1)]
    )
    def test_digits_are_cut_toward_zero(self, value: float, cut: float) -> None:
        assert truncate(value, 1) == cut

    def test_float32_readings_keep_their_category(self) -> None:
        readings = np.array([0.055, 0.071, 0.086, 0.106], dtype=np.float32)
        assert aqi_of("ozone", readings).tolist() == [51, 101, 151, 201]


class TestInput:
    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300])
    def test_what_is_no_concentration_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match="missing or infinite"):
            aqi_of("pm25", [5.0, value])

    @pytest.mark.parametrize("name", ["temperature", "lead", "PM25"])
    def test_what_the_aqi_does_not_score_is_refused(self, name: str) -> None:
        with pytest.raises(UnknownPollutant, match=f"No AQI for '{name}'. Use one of: pm25, "):
            concentration_to_aqi(name, 5.0)

    def test_shape_and_type(self) -> None:
        found = aqi_of("pm25", np.array([[0.0, 9.1], [35.5, 55.5]]))
        assert found.dtype == np.int64
        assert found.tolist() == [[0, 51], [101, 151]]
        assert aqi_of("pm25", []).shape == (0,)

    def test_a_series_is_read(self) -> None:
        assert aqi_of("pm25", pd.Series([9.0, 9.1], index=[7, 3])).tolist() == [50, 51]
