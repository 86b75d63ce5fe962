"""The kernel against numbers worked by hand, and against a slow plain reading of the same definitions."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.domain.transforms import transform
from airwatch.features import kernel
from builders import build_feature_params

NAN = np.nan
SPEC = build_feature_params().features
NAMES = list(SPEC.own_groups())
PLAN = kernel.OwnPlan.of(SPEC)
YEARS, HALF_WIDTH = SPEC.climatology.years, SPEC.climatology.half_width_days

# A seed does not get simpler by shrinking it.
LAW = settings(max_examples=25, phases=[Phase.explicit, Phase.generate])


def series(*values):
    return np.array([values], dtype=float)


def own(values, days=1, unit=None):
    """Columns of one series by name, [days] each; the working unit is the AQS unit unless given."""
    long = np.concatenate([np.full(max(SPEC.reach_days + days - len(values), 0), NAN), values])
    columns = kernel.own_past(long, long if unit is None else unit, days, PLAN)
    return dict(zip(NAMES, columns, strict=True))


def at_the_end(*values):
    """The columns of a series that ends with these values, on its last day."""
    return {name: column[0] for name, column in own(np.array(values, dtype=float)).items()}


def long_series(seed, days=40):
    """A tenth missing: ``SPEC.reach_days`` to look back to, then the origins."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(3.0, 4.0, SPEC.reach_days + days)
    return np.where(rng.random(len(values)) < 0.1, NAN, values)


def test_trailing_mean_leaves_missing_days_out():
    # Three days ending with each of the last three: (1, -, 3), (-, 3, -), (3, -, -).
    assert_array_equal(kernel.trailing_mean(series(1, NAN, 3, NAN, NAN), 3, 3), [[2, 3, 3]])


def test_trailing_mean_of_no_observation_is_missing():
    assert_array_equal(kernel.trailing_mean(series(7, NAN, NAN), 2, 1), [[NAN]])


def test_trailing_sums_are_of_each_series_alone():
    totals, counts = kernel.trailing_sums(np.array([[1.0, 2.0, NAN], [10.0, NAN, NAN]]), 2, 2)
    assert_array_equal(totals, [[3, 2], [10, 0]])
    assert_array_equal(counts, [[2, 1], [1, 0]])


@pytest.mark.parametrize(("limit", "value", "age"), [(2, 5.0, 2.0), (1, NAN, NAN)])
def test_last_observed_is_given_up_after_the_limit(limit, value, age):
    last, since = kernel.last_observed(series(4, 5, NAN, NAN), limit, 1)
    assert_array_equal((last[0, 0], since[0, 0]), (value, age))


@pytest.mark.parametrize(("min_count", "expected"), [(3, np.sqrt(8 / 3)), (4, NAN)])
def test_spread_is_the_standard_deviation_of_what_was_observed(min_count, expected):
    # Mean of 2, 4 and 6 is 4; squares 4 + 0 + 4; 8 / 3.
    assert_allclose(kernel.trailing_spread(series(2, NAN, 4, 6), 4, min_count, 1), [[expected]], rtol=1e-15)


@pytest.mark.parametrize(("values", "expected"), [((6.0,), NAN), ((6.0, NAN, 2.0), 2.0)])
def test_spread_needs_two_observations(values, expected):
    assert_array_equal(at_the_end(*values)["spread_07"], np.float32(expected))


def test_spread_and_step_are_taken_in_the_working_unit_and_means_are_not():
    values = long_series(1, days=1)
    found = own(values, unit=np.log1p(values))
    recent = values[-7:]
    assert_allclose(found["spread_07"][0], np.nanstd(np.log1p(recent)), rtol=1e-6)
    assert_allclose(found["value_mean_07"][0], np.nanmean(recent), rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 4, 3, 9), 2.5),  # steps of 1, 2, 1 and 6
        ((1, 2, NAN, 4, 3, 9), NAN),  # the two steps around the gap are unknown: three are left
        ((1, 2, NAN, 4, 3, 9, 7), 2.5),  # 1, 1, 6 and 2
    ],
)
def test_step_is_the_mean_distance_of_days_that_follow_each_other(values, expected):
    assert_array_equal(at_the_end(*values)["step_14"], np.float32(expected))


def test_the_oldest_step_of_a_window_needs_the_day_before_it():
    # Fourteen steps of one end with the last day; the day before the window is the value that the first starts from.
    found = at_the_end(100.0, *np.arange(15.0))
    assert (found["step_14"], found["step_60"]) == (1.0, np.float32((14 + 100) / 15))


def test_missing_share_and_history_count_the_days_of_their_windows():
    values = np.ones(SPEC.reach_days + 1)
    values[-8:-1] = NAN
    found = {name: column[0] for name, column in own(values).items()}
    assert (found["missing_28"], found["history_days"]) == (0.25, 365 - 7)


def test_climatology_averages_the_same_weeks_of_past_years():
    grid = np.full((1, 1_000), NAN)
    origin = 999
    for years_back, values in ((365, (1.0, 2.0, 3.0)), (730, (10.0, NAN, 30.0))):  # round(365.25), round(730.5) is even
        grid[0, origin - years_back - 1 : origin - years_back + 2] = values
    assert kernel.climatology(grid, 1, 0, 2, 1, 1)[0, 0] == (1 + 2 + 3 + 10 + 30) / 5


@pytest.mark.parametrize(("min_count", "expected"), [(3, 2.0), (4, NAN)])
def test_climatology_of_too_few_observations_is_missing(min_count, expected):
    grid = np.full((1, 400), NAN)
    grid[0, 33:36] = 1.0, 2.0, 3.0  # 364 to 366 days before the last
    assert_array_equal(kernel.climatology(grid, 1, 0, 1, 1, min_count), [[expected]])


def test_climatology_of_the_longest_lead_uses_nothing_later_than_the_origin():
    # At most 60 days of half width (the bound of the parameter) and 14 of horizon: 365 - 60 - 14 = 291 days back.
    grid = np.full((1, 1_461 + 60 + 1), NAN)
    grid[0, -291:] = 5.0
    assert np.isnan(kernel.climatology(grid, 1, 14, 4, 60, 1)).all()
    grid[0, -292] = 5.0
    assert_array_equal(np.isfinite(kernel.climatology(grid, 1, 14, 4, 60, 1)).nonzero()[1], [14])


@LAW
@given(st.integers(0, 10_000))
def test_own_columns_agree_with_a_plain_reading(seed):
    values, days = long_series(seed), 40
    unit = transform("log1p").forward(values)
    back = seed % days
    known, known_unit = values[: len(values) - back], unit[: len(values) - back]
    found = {name: column[-1 - back] for name, column in own(values, days, unit).items()}
    observed = np.flatnonzero(np.isfinite(known))
    age = len(known) - 1 - observed[-1]
    plain = {f"value_lag_{lag:02d}": known[-1 - lag] for lag in range(7)}
    plain |= {"value_last": known[observed[-1]], "days_since_last": age}
    plain |= {"missing_28": np.isnan(known[-28:]).mean(), "history_days": np.isfinite(known[-365:]).sum()}
    for window in (3, 7, 14, 28, 90):
        plain[f"value_mean_{window:02d}"] = mean(known[-window:])
    for window in (7, 28):
        plain[f"spread_{window:02d}"] = np.nanstd(known_unit[-window:])
    for window in (14, 60):
        plain[f"step_{window:02d}"] = mean(np.abs(np.diff(known_unit[-window - 1 :])))
    assert plain.keys() == found.keys()
    assert_allclose([found[name] for name in plain], list(plain.values()), rtol=2e-7)


@LAW
@given(st.integers(0, 10_000), st.integers(0, 14))
def test_climatology_agrees_with_a_plain_reading(seed, lead):
    values = long_series(seed, days=1)
    target = len(values) - 1 + lead
    windows = [values[target - round(365.25 * year) - 15 :][:31] for year in range(1, 5)]
    found = kernel.climatology(values[np.newaxis], 1, 14, YEARS, HALF_WIDTH, 10)[0, lead]
    assert_allclose(found, mean(np.concatenate(windows)), rtol=1e-12)


@LAW
@given(st.integers(0, 10_000), st.integers(1, 500))
def test_columns_have_the_same_bits_wherever_the_series_begins(seed, earlier):
    values = long_series(seed, days=1)
    longer = np.concatenate([np.random.default_rng(seed).gamma(3.0, 4.0, earlier), values])
    here, there = (kernel.own_past(each, each, 1, PLAN) for each in (values, longer))
    assert here.tobytes() == there.tobytes()
    climatologies = [kernel.climatology(each[np.newaxis], 1, 14, YEARS, 15, 10) for each in (longer, values)]
    assert climatologies[0].tobytes() == climatologies[1].tobytes()


@LAW
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_columns_of_a_day_have_the_same_bits_whatever_follows(seed, later):
    values = long_series(seed, days=10)
    longer = np.concatenate([values, np.random.default_rng(seed).gamma(3.0, 4.0, later)])
    then, now = kernel.own_past(values, values, 10, PLAN), kernel.own_past(longer, longer, 10 + later, PLAN)
    assert np.ascontiguousarray(now[:, :10]).tobytes() == then.tobytes()


def test_a_sweep_leaves_its_series_alone():
    values = long_series(3)
    before = values.copy()
    kernel.own_past(values, values, 40, PLAN)
    assert_array_equal(values, before)


def mean(values):
    observed = values[np.isfinite(values)]
    return observed.mean() if len(observed) else NAN
