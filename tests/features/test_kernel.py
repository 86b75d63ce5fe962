"""The kernel against numbers worked by hand, and against a slow plain reading of the same definitions."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airwatch.domain.transforms import transform
from airwatch.features import kernel
from airwatch.features.plan import OwnPlan, Totals
from builders import build_feature_params

NAN = np.nan
SPEC = build_feature_params().features
NAMES = list(SPEC.own_groups())
HIGHEST = 2_000.0
HORIZON = 14

# A seed does not get simpler by shrinking it.
LAW = settings(max_examples=15, phases=[Phase.explicit, Phase.generate])


def plan_with(horizon_days=HORIZON, unit_highest=HIGHEST, **features):
    """The project's windows but for those named; the working unit is the AQS unit unless its highest is given."""
    spec = build_feature_params(features=features).features
    return OwnPlan.of(spec, horizon_days, HIGHEST, unit_highest)


PLAN = plan_with()
LOG_PLAN = plan_with(unit_highest=np.log1p(HIGHEST))


def sweep(grid, days, plan=PLAN, unit=None):
    """Every column of each series, [columns, rows], and the row at which each series begins."""
    values = np.array(grid, dtype=np.float32)
    first = np.argmax(~np.isnan(values), axis=1)
    lengths = np.minimum(days, values.shape[1] - first)
    begins = np.cumsum(lengths) - lengths
    out = np.empty((len(NAMES), lengths.sum()), dtype=np.float32)
    in_unit = values if unit is None else np.array(unit, dtype=np.float32)
    room = Totals.of_length(values.shape[1], plan)
    assert kernel.own_columns(values, in_unit, first, days, plan, room, out, begins) == len(NAMES)
    return out, begins


def own(values, days=1, plan=PLAN, unit=None):
    """Columns of one series by name, a number for each of its last days."""
    columns, _ = sweep([values], days, plan, None if unit is None else [unit])
    return dict(zip(NAMES, columns, strict=True))


def at_the_end(*values, plan=PLAN):
    """The columns of a series that ends with these values, on its last day."""
    return {name: column[-1] for name, column in own(values, plan=plan).items()}


def usual(values, days=1, plan=PLAN):
    """What is usual for the last days and for those ahead."""
    grid = np.array([values], dtype=np.float32)
    first = np.argmax(~np.isnan(grid), axis=1)
    means = np.empty((1, grid.shape[1] + plan.horizon_days), dtype=np.float32)
    kernel.climatology(grid, first, days, plan, Totals.of_length(grid.shape[1], plan), means)
    return means[0, -days - plan.horizon_days :]


def levels(values, days=1, plan=PLAN):
    """Mean and count of the year, and the spread of the last months, on the last days."""
    grid = np.array([values], dtype=np.float32)
    first = np.argmax(~np.isnan(grid), axis=1)
    room = Totals.of_length(grid.shape[1], plan)
    found = np.empty((3, *grid.shape), dtype=np.float32)
    kernel.own_levels(grid, first, days, plan, room, *found)
    return [each[0, -days:] for each in found]


def long_series(seed, days=40):
    """A tenth missing: ``SPEC.reach_days`` to look back to, then the origins."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(3.0, 4.0, SPEC.reach_days + days)
    return np.where(rng.random(len(values)) < 0.1, NAN, values).astype(np.float32)


def test_trailing_mean_leaves_missing_days_out():
    # Three days ending with each of the last three: (1, -, 3), (-, 3, -), (3, -, -).
    assert_array_equal(own((1, NAN, 3, NAN, NAN), days=3)["value_mean_03"], [2, 3, 3])


def test_trailing_mean_of_no_observation_is_missing():
    assert_array_equal(own((7, NAN, NAN, NAN))["value_mean_03"], [NAN])


def test_columns_are_of_each_series_alone_from_its_first_observation_on():
    columns, begins = sweep([[1, 2, NAN], [NAN, 10, NAN]], days=3)
    assert list(begins) == [0, 3]
    assert_array_equal(columns[NAMES.index("value_mean_03")], [1, 1.5, 1.5, 10, 10])
    assert_array_equal(columns[NAMES.index("history_days")], [1, 2, 2, 1, 1])
    assert_array_equal(columns[NAMES.index("value_lag_01")], [NAN, 1, 2, NAN, 10])


def test_days_before_the_first_observation_were_missed():
    assert_array_equal(own((NAN, 4, 5), days=3)["missing_28"], np.float32([27 / 28, 26 / 28]))


def test_a_sweep_writes_no_row_but_its_own():
    out = np.full((len(NAMES), 9), 77, dtype=np.float32)
    values = np.array([[1, 2, 3]], dtype=np.float32)
    room = Totals.of_length(3, PLAN)
    kernel.own_columns(values, values, np.array([0]), 3, PLAN, room, out, np.array([4]))
    assert (np.delete(out, range(4, 7), axis=1) == 77).all()
    assert_array_equal(out[NAMES.index("value_last")], [77] * 4 + [1, 2, 3] + [77] * 2)


@pytest.mark.parametrize(("limit", "value", "age"), [(2, 5.0, 2.0), (1, NAN, NAN)])
def test_last_observed_is_given_up_after_the_limit(limit, value, age):
    found = at_the_end(4, 5, NAN, NAN, plan=plan_with(max_stale_days=limit))
    assert_array_equal((found["value_last"], found["days_since_last"]), (value, age))


@pytest.mark.parametrize(("min_count", "expected"), [(3, np.sqrt(8 / 3)), (4, NAN)])
def test_spread_is_the_standard_deviation_of_what_was_observed(min_count, expected):
    # Mean of 2, 4 and 6 is 4; squares 4 + 0 + 4; 8 / 3. The value before the window is not among them.
    plan = PLAN._replace(smoke_days=4, smoke_min_count=min_count)
    _, _, spread = levels((90, 2, NAN, 4, 6), plan=plan)
    assert_allclose(spread, [expected], rtol=1e-6)


@pytest.mark.parametrize(("values", "expected"), [((6.0,), NAN), ((6.0, NAN, 2.0), 2.0)])
def test_spread_needs_two_observations(values, expected):
    assert_array_equal(at_the_end(*values)["spread_07"], np.float32(expected))


def test_spread_of_equal_values_is_nought():
    # The squares of 87 days of the larger ones add up to more than floating point holds exactly.
    values = np.concatenate([[-3.3, 0.0, 0.1], np.random.default_rng(0).gamma(3.0, 100.0, 200)])
    unit = transform("log1p").forward(values)[:, np.newaxis].repeat(87, axis=1)
    columns, _ = sweep(unit, 1, LOG_PLAN)
    assert (columns[[NAMES.index(name) for name in ("spread_07", "spread_28", "step_14")]] == 0).all()
    assert [levels(series, plan=LOG_PLAN)[2][0] for series in unit] == [0] * len(values)


def test_spread_and_step_are_taken_in_the_working_unit_and_means_are_not():
    values = long_series(1, days=1)
    unit = np.log1p(values)
    found, recent = own(values, plan=LOG_PLAN, unit=unit), values[-7:]
    assert_allclose(found["spread_07"][0], np.nanstd(unit[-7:]), rtol=1e-6)
    assert_allclose(found["step_14"][0], mean(np.abs(np.diff(unit[-15:]))), rtol=1e-6)
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
    found = at_the_end(*values)
    assert (found["missing_28"], found["history_days"]) == (0.25, 365 - 7)


@pytest.mark.parametrize("fault", [5_000.0, 1e30, np.inf])
def test_a_value_that_no_instrument_reads_counts_in_sums_as_the_power_of_two_above_the_highest(fault):
    found = at_the_end(fault, 8, 8)
    assert found["value_mean_03"] == np.float32((2_048 + 8 + 8) / 3)
    assert_allclose(found["spread_07"], np.std([2_048, 8, 8]), rtol=1e-6)
    assert found["value_lag_02"] == np.float32(fault)


def test_a_fault_leaves_nothing_behind_once_it_is_out_of_the_window():
    calm = [0.1, 0.2, 0.3] * 30
    with_fault, without = at_the_end(1e30, *calm), at_the_end(5.5, *calm)
    assert [name for name in NAMES if with_fault[name] != without[name]] == []


def test_climatology_averages_the_same_weeks_of_past_years():
    plan = plan_with(horizon_days=0, climatology={"years": 2, "half_width_days": 1, "min_count": 1})
    series, origin = np.full(1_000, NAN), 999
    for years_back, values in ((365, (1.0, 2.0, 3.0)), (730, (10.0, NAN, 30.0))):  # round(365.25), round(730.5) is even
        series[origin - years_back - 1 : origin - years_back + 2] = values
    assert_allclose(usual(series, plan=plan), [(1 + 2 + 3 + 10 + 30) / 5], rtol=1e-6)


@pytest.mark.parametrize(("min_count", "expected"), [(3, 2.0), (4, NAN)])
def test_climatology_of_too_few_observations_is_missing(min_count, expected):
    plan = plan_with(horizon_days=0, climatology={"years": 1, "half_width_days": 1, "min_count": min_count})
    series = np.full(400, NAN)
    series[33:36] = 1.0, 2.0, 3.0  # 364 to 366 days before the last
    assert_array_equal(usual(series, plan=plan), [expected])


def test_climatology_of_the_longest_lead_uses_nothing_later_than_the_origin():
    # At most 60 days of half width (the bound of the parameter) and 14 of horizon: 365 - 60 - 14 = 291 days back.
    plan = plan_with(climatology={"years": 4, "half_width_days": 60, "min_count": 1})
    series = np.full(1_461 + 60 + 1, NAN)
    series[-291:] = 5.0
    assert np.isnan(usual(series, plan=plan)).all()
    series[-292] = 5.0
    assert_array_equal(np.isfinite(usual(series, plan=plan)).nonzero()[0], [14])


@pytest.mark.parametrize(
    ("own_usual", "regions", "expected"),
    [
        (20.0, 30.0, [20, 20]),
        (NAN, 30.0, [30, 30]),  # the region's
        (NAN, NAN, [3, 3]),  # the mean of the last 90 days
    ],
)
def test_what_is_usual_is_the_sites_own_then_the_regions_then_its_recent_mean(own_usual, regions, expected):
    assert_array_equal(usual_columns((2, 4), own_usual, regions)[:2], expected)


def test_what_is_usual_of_a_site_silent_for_months_is_its_last_value():
    assert_array_equal(usual_columns((1, 9, *[NAN] * 95), NAN, NAN)[:2], [9, 9])


def test_behind_what_is_usual_stands_the_last_value_in_the_working_unit():
    assert usual_columns((2, 4, NAN), 20.0, 30.0)[2] == 40


def usual_columns(values, own_usual, regions):
    """Of one series on its last day, for leads 0 and 1, and its last value in a working unit of a tenth."""
    plan = PLAN._replace(horizon_days=1)
    grid, width = np.array([values], dtype=np.float32), len(values) + 1
    series, region = np.full((1, width), own_usual, np.float32), np.full((1, width), regions, np.float32)
    out = np.empty((4, 1), dtype=np.float32)
    room, nought = Totals.of_length(len(values), plan), np.zeros(1, dtype=np.int64)
    kernel.usual_columns(grid, 10 * grid, series, region, nought, 1, plan, room, out, 1, nought)
    return out[1:, 0]


@LAW
@given(st.integers(0, 10_000))
def test_own_columns_agree_with_a_plain_reading(seed):
    values, days = long_series(seed), 40
    unit = transform("log1p").forward(values)
    back = seed % days
    known, known_unit = values[: len(values) - back], unit[: len(values) - back].astype(float)
    found = {name: column[-1 - back] for name, column in own(values, days, LOG_PLAN, unit).items()}
    observed = np.flatnonzero(np.isfinite(known))
    age = len(known) - 1 - observed[-1]
    plain = {f"value_lag_{lag:02d}": known[-1 - lag] for lag in range(7)}
    plain |= {"value_last": known[observed[-1]], "days_since_last": age}
    plain |= {"missing_28": np.isnan(known[-28:]).mean(), "history_days": np.isfinite(known[-365:]).sum()}
    for window in (3, 7, 14, 28, 90):
        plain[f"value_mean_{window:02d}"] = mean(known[-window:].astype(float))
    for window in (7, 28):
        plain[f"spread_{window:02d}"] = np.nanstd(known_unit[-window:])
    for window in (14, 60):
        plain[f"step_{window:02d}"] = mean(np.abs(np.diff(known_unit[-window - 1 :])))
    assert plain.keys() == found.keys()
    assert_allclose([found[name] for name in plain], list(plain.values()), rtol=1e-6)


@LAW
@given(st.integers(0, 10_000), st.integers(0, 14))
def test_climatology_agrees_with_a_plain_reading(seed, lead):
    values = long_series(seed, days=1).astype(float)
    target = len(values) - 1 + lead
    windows = [values[target - round(365.25 * year) - 15 :][:31] for year in range(1, 5)]
    assert_allclose(usual(values)[lead], mean(np.concatenate(windows)), rtol=1e-6)


@LAW
@given(st.integers(0, 10_000), st.integers(0, 39))
def test_levels_agree_with_a_plain_reading(seed, back):
    values = long_series(seed).astype(float)
    known = values[: len(values) - back]
    year, months = known[-365:], known[-90:]
    found = [column[-1 - back] for column in levels(values, days=40)]
    assert_allclose(found, [mean(year), np.isfinite(year).sum(), np.nanstd(months)], rtol=1e-5)


@LAW
@given(st.integers(0, 10_000), st.integers(1, 500))
def test_columns_have_the_same_bits_wherever_the_series_begins(seed, earlier):
    values = long_series(seed, days=1)
    longer = np.concatenate([np.random.default_rng(seed).gamma(3.0, 4.0, earlier).astype(np.float32), values])
    for of in (lambda each: sweep([each], 1)[0], usual, lambda each: np.array(levels(each))):
        assert np.ascontiguousarray(of(longer)).tobytes() == np.ascontiguousarray(of(values)).tobytes()


@LAW
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_columns_of_a_day_have_the_same_bits_whatever_follows(seed, later):
    values = long_series(seed, days=10)
    longer = np.concatenate([values, np.random.default_rng(seed).gamma(3.0, 4.0, later).astype(np.float32)])
    for of in (lambda each, days: sweep([each], days)[0], lambda each, days: np.array(levels(each, days))):
        now = of(longer, 10 + later)[:, :10]
        assert np.ascontiguousarray(now).tobytes() == np.ascontiguousarray(of(values, 10)).tobytes()
    assert usual(longer, 10 + later)[: 10 + HORIZON].tobytes() == usual(values, 10).tobytes()


def test_a_sweep_leaves_its_series_alone():
    values = long_series(3)[np.newaxis]
    before, room = values.copy(), Totals.of_length(values.shape[1], PLAN)
    first, out = np.array([0]), np.empty((len(NAMES), 40), dtype=np.float32)
    kernel.own_columns(values, values, first, 40, PLAN, room, out, np.array([0]))
    kernel.climatology(values, first, 40, PLAN, room, np.empty((1, values.shape[1] + HORIZON), dtype=np.float32))
    kernel.own_levels(values, first, 40, PLAN, room, *np.empty((3, *values.shape), dtype=np.float32))
    assert_array_equal(values, before)


def mean(values):
    observed = values[np.isfinite(values)]
    return observed.mean() if len(observed) else NAN
