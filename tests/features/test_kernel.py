"""The kernel against numbers worked by hand, and against a slow plain reading of the same definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.features import kernel
from airwatch.features.spec import ClimatologySpec
from builders import build_feature_params

NAN = np.nan
SPEC = build_feature_params().features


def series(*values):
    return np.array([values], dtype=float)


def own(grid, days):
    return dict(kernel.own_columns(grid, days, SPEC))


def long_grid(seed, days=40):
    """One series with a tenth missing: ``SPEC.reach_days`` to look back to, then the origins."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(3.0, 4.0, (1, SPEC.reach_days + days))
    return np.where(rng.random(values.shape) < 0.1, NAN, values)


def test_lagged_looks_back_from_each_of_the_last_days():
    assert_array_equal(kernel.lagged(series(1, 2, 3, 4, 5), 2, 2), [[2, 3]])


def test_trailing_mean_leaves_missing_days_out():
    # Three days ending with each of the last three: (1, -, 3), (-, 3, -), (3, -, -).
    assert_array_equal(kernel.trailing_mean(series(1, NAN, 3, NAN, NAN), 3, 3), [[2, 3, 3]])


def test_trailing_mean_of_no_observation_is_missing():
    assert_array_equal(kernel.trailing_mean(series(7, NAN, NAN), 2, 1), [[NAN]])


@pytest.mark.parametrize(("limit", "value", "age"), [(2, 5.0, 2.0), (1, NAN, NAN)])
def test_last_observed_is_given_up_after_the_limit(limit, value, age):
    last, since = kernel.last_observed(series(4, 5, NAN, NAN), 1, limit)
    assert_array_equal((last[0, 0], since[0, 0]), (value, age))


def test_spread_is_the_standard_deviation_of_what_was_observed():
    # Mean of 2, 4 and 6 is 4; squares 4 + 0 + 4; 8 / 3.
    filled, seen = series(2, 0, 4, 6), series(1, 0, 1, 1).astype(bool)
    sums = kernel.trailing_sums(filled, seen, (4,), 1)[4]
    assert_allclose(kernel.spread(filled, seen, 4, 1, sums), [[np.sqrt(8 / 3)]], rtol=1e-15)


def test_spread_of_one_observation_is_missing():
    filled, seen = series(0, 6), series(0, 1).astype(bool)
    assert_array_equal(kernel.spread(filled, seen, 2, 1, kernel.trailing_sums(filled, seen, (2,), 1)[2]), [[NAN]])


def test_decaying_mean_halves_the_weight_each_half_life():
    # Half-life of one day: weights 1, 1/2, 1/4; (8 + 4/2) / (1 + 1/2) with the oldest missing.
    filled, seen = series(0, 4, 8), series(0, 1, 1).astype(bool)
    assert_allclose(kernel.decaying_mean(filled, seen, 1, 3, 1), [[20 / 3]], rtol=1e-15)


def test_decaying_mean_stops_at_its_reach():
    filled, seen = series(1_000, 4, 8), np.ones((1, 3), dtype=bool)
    assert_allclose(kernel.decaying_mean(filled, seen, 1, 2, 1), [[20 / 3]], rtol=1e-15)


@pytest.mark.parametrize(("lead", "expected"), [(7, 17.5), (1, 11.5), (6, 16.5)])
def test_weekday_column_is_the_mean_of_the_last_four_days_with_the_weekday_of_the_target(lead, expected):
    # A day's value is its number and the origin is day 28. Seven days ahead is the origin's own weekday: days 28, 21,
    # 14 and 7. One day ahead: days 22, 15, 8 and 1. Six days ahead: days 27, 20, 13 and 6.
    grid = np.full((1, SPEC.reach_days + 1), NAN)
    grid[0, -28:] = np.arange(1, 29)
    assert own(grid, 1)[f"value_weekday_{lead:02d}"][0, 0] == expected


def test_missing_share_counts_the_days_of_the_window():
    grid = np.full((1, SPEC.reach_days + 1), 1.0)
    grid[0, -8:-1] = NAN
    assert own(grid, 1)["missing_28"][0, 0] == 0.25


def test_climatology_averages_the_same_weeks_of_past_years():
    spec = ClimatologySpec(years=2, half_width_days=1, min_count=1)
    grid = np.full((1, 1_000), NAN)
    origin = 999
    for years_back, values in ((365, (1.0, 2.0, 3.0)), (730, (10.0, NAN, 30.0))):  # round(365.25), round(730.5) is even
        grid[0, origin - years_back - 1 : origin - years_back + 2] = values
    assert kernel.climatology(grid, 1, 0, spec)[0, 0] == (1 + 2 + 3 + 10 + 30) / 5


@pytest.mark.parametrize(("min_count", "expected"), [(3, 2.0), (4, NAN)])
def test_climatology_of_too_few_observations_is_missing(min_count, expected):
    grid = np.full((1, 400), NAN)
    grid[0, 33:36] = 1.0, 2.0, 3.0  # 364 to 366 days before the last
    spec = ClimatologySpec(years=1, half_width_days=1, min_count=min_count)
    assert_array_equal(kernel.climatology(grid, 1, 0, spec), [[expected]])


def test_climatology_of_the_longest_lead_uses_nothing_later_than_the_origin():
    # At most 60 days of half width (the bound of the parameter) and 14 of horizon: 365 - 60 - 14 = 291 days back.
    spec = ClimatologySpec(years=4, half_width_days=60, min_count=1)
    grid = np.full((1, 1_461 + 60 + 1), NAN)
    grid[0, -291:] = 5.0
    assert np.isnan(kernel.climatology(grid, 1, 14, spec)).all()
    grid[0, -292] = 5.0
    assert_array_equal(np.isfinite(kernel.climatology(grid, 1, 14, spec)).nonzero()[1], [14])


@given(st.integers(0, 10_000))
def test_own_columns_agree_with_a_plain_reading(seed):
    grid, days = long_grid(seed), 40
    origin = grid.shape[1] - 1 - seed % days
    known = grid[0, : origin + 1]
    found = {name: column[0, -1 - seed % days] for name, column in own(grid, days).items()}
    plain = {"value_lag_05": known[-6], "missing_28": np.isnan(known[-28:]).mean()}
    for window in (3, 7, 14, 28, 90):
        plain[f"value_mean_{window:02d}"] = mean(known[-window:])
    for window in (7, 28):
        plain[f"value_min_{window:02d}"] = np.nanmin(known[-window:])
        plain[f"value_max_{window:02d}"] = np.nanmax(known[-window:])
        plain[f"spread_{window:02d}"] = np.nanstd(known[-window:])
    for half_life in (3, 10):
        recent = known[-8 * half_life :][::-1]
        weights = 0.5 ** (np.arange(len(recent)) / half_life) * np.isfinite(recent)
        plain[f"value_ewm_{half_life:02d}"] = np.nansum(weights * recent) / weights.sum()
    for lead in range(1, 8):
        plain[f"value_weekday_{lead:02d}"] = mean(known[[-1 - (7 - lead) - 7 * week for week in range(4)]])
    assert_allclose([found[name] for name in plain], list(plain.values()), rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(0, 14))
def test_climatology_agrees_with_a_plain_reading(seed, lead):
    grid = long_grid(seed, days=1)
    target = grid.shape[1] - 1 + lead
    windows = [grid[0, target - round(365.25 * year) - 15 :][:31] for year in range(1, 5)]
    found = kernel.climatology(grid, 1, 14, SPEC.climatology)[0, lead]
    assert_allclose(found, mean(np.concatenate(windows)), rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_columns_have_the_same_bits_wherever_the_grid_begins(seed, earlier):
    grid = long_grid(seed, days=1)
    longer = np.hstack([np.random.default_rng(seed).gamma(3.0, 4.0, (1, earlier)), grid])
    here, there = own(grid, 1), own(longer, 1)
    assert {name: there[name].tobytes() for name in there} == {name: here[name].tobytes() for name in here}
    climatologies = (kernel.climatology(each, 1, 14, SPEC.climatology) for each in (longer, grid))
    assert len({climatology.tobytes() for climatology in climatologies}) == 1


@given(st.integers(0, 10_000), st.integers(1, 30))
def test_columns_of_a_day_have_the_same_bits_whatever_follows(seed, later):
    grid = long_grid(seed, days=10)
    longer = np.hstack([grid, np.random.default_rng(seed).gamma(3.0, 4.0, (1, later))])
    then, now = own(grid, 10), own(longer, 10 + later)
    assert {name: now[name][:, :10].tobytes() for name in now} == {name: then[name].tobytes() for name in then}


def mean(values):
    observed = values[np.isfinite(values)]
    return observed.mean() if len(observed) else NAN
