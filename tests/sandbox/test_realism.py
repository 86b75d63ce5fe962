"""The sandbox's PM2.5 and ozone look like those of real metros, by statistics worked by hand on small cases."""

from __future__ import annotations

import importlib.util
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from airwatch.sandbox import realism

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks/sandbox_realism.py"

# The range over Los Angeles, Philadelphia and Atlanta in EPA's daily values of 2000 to 2021 (docs/sandbox.md).
REAL = {
    "pm25": {
        realism.SEASONALITY: (2.48, 6.20),  # µg/m³
        realism.RELATIVE_SEASONALITY: (0.251, 0.549),
        realism.WEEKDAY: (0.0387, 0.0580),
        realism.LAG_1: (0.577, 0.682),
        realism.TAIL: (2.40, 3.03),
        realism.NEAR: (0.845, 0.920),
        realism.FAR: (0.415, 0.831),
        realism.MISSING: (0.0494, 0.0860),
    },
    "ozone": {
        realism.SEASONALITY: (12.7, 31.1),  # ppb
        realism.RELATIVE_SEASONALITY: (0.282, 0.793),
        realism.WEEKDAY: (0.0533, 0.128),
        realism.LAG_1: (0.690, 0.732),
        realism.TAIL: (1.52, 1.97),
        realism.NEAR: (0.866, 0.950),
        realism.FAR: (0.656, 0.876),
        realism.MISSING: (0.0199, 0.0410),
    },
}
NAMES = tuple(REAL["pm25"])


def load_benchmark():
    spec = importlib.util.spec_from_file_location("sandbox_realism", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.simulated = cache(module.simulated)  # its own tables are of what the tests ask for too
    return module


benchmark = load_benchmark()


@pytest.fixture(scope="module", params=list(REAL))
def simulated(request):
    return request.param, benchmark.simulated(request.param)


def build_days(values, site="a", poc=1, start="2021-01-01", latitude=40.0, longitude=-100.0):
    dates = pd.date_range(start, periods=len(values))
    rows = {
        "site_id": site,
        "poc": poc,
        "date_local": dates,
        "latitude": latitude,
        "longitude": longitude,
        "value": values,
    }
    return pd.DataFrame(rows).dropna(subset="value")


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_is_within_a_quarter_of_the_range_of_real_metros(simulated, name):
    pollutant, found = simulated
    low, high = realism.allowed(REAL[pollutant][name])
    assert low <= found[name] <= high


@pytest.mark.parametrize("pollutant", list(REAL))
def test_another_six_years_look_real_too(pollutant):
    found = benchmark.simulated(pollutant, first=date(2013, 1, 1), last=date(2018, 12, 31))
    allowed = pd.DataFrame({name: realism.allowed(ends) for name, ends in REAL[pollutant].items()}).T
    values = pd.Series(found)
    assert values[~values.between(allowed[0], allowed[1])].empty


@pytest.mark.parametrize("pollutant", list(REAL))
def test_the_real_ranges_are_what_the_panel_gives(shared_data, pollutant):
    code = benchmark.POLLUTANTS[pollutant].aqs_code
    panel = pd.read_parquet(shared_data / "panel/panel_daily.parquet", filters=[("parameter_code", "==", code)])
    metros = [benchmark.real(panel, pollutant, cbsa) for cbsa in benchmark.METROS.values()]
    measured = {name: (min(m[name] for m in metros), max(m[name] for m in metros)) for name in NAMES}
    assert measured == {name: pytest.approx(ends, rel=0.01) for name, ends in REAL[pollutant].items()}


def test_the_allowed_range_is_a_quarter_wider_at_both_ends():
    assert realism.allowed([2.0, 4.0, 3.0]) == (1.5, 5.0)


def test_seasonality_is_the_range_of_monthly_means():
    # A year at 10, July at 16: mean (365 * 10 + 31 * 6) / 365 = 10.5096.
    days = build_days(np.where(pd.date_range("2021-01-01", periods=365).month == 7, 16.0, 10.0))
    found = realism.statistics(days, pd.concat([days, far_pair()]))
    assert found[realism.SEASONALITY] == pytest.approx(6.0)
    assert found[realism.RELATIVE_SEASONALITY] == pytest.approx(6.0 / (10 + 31 * 6 / 365))


def test_the_weekday_effect_is_the_range_of_weekday_means():
    # 364 days are 52 of each weekday; Sundays at 17 make the mean 11.
    days = build_days(np.where(pd.date_range("2021-01-01", periods=364).weekday == 6, 17.0, 10.0))
    assert realism.statistics(days, far_pair())[realism.WEEKDAY] == pytest.approx(7.0 / 11.0)


def test_missing_days_are_counted_between_a_years_first_and_last_reading():
    values = np.arange(200.0)
    values[[0, 10, 11, 199]] = np.nan  # the ends do not count: 196 of 198 days
    assert realism.statistics(build_days(values), far_pair())[realism.MISSING] == pytest.approx(2 / 198)


def test_a_site_that_samples_each_third_day_is_not_judged_for_missing_days():
    third = np.where(np.arange(720) % 3 == 0, np.arange(720.0), np.nan)
    days = pd.concat([build_days(np.arange(200.0)), build_days(third, site="filter")])
    assert realism.statistics(days, far_pair())[realism.MISSING] == 0


def test_a_site_speaks_through_its_fullest_monitor():
    days = pd.concat([build_days(np.full(200, 5.0) + np.arange(200) % 2, poc=3), build_days(np.full(160, 50.0), poc=1)])
    assert realism.statistics(days, far_pair())[realism.TAIL] == pytest.approx(6 / 5.5)


def test_autocorrelation_and_correlations_are_those_of_the_series():
    rng = np.random.default_rng(1)
    common, own = rng.standard_normal((2, 2922))  # eight whole years
    first = build_days(common, site="a")
    # 0.18 degrees of latitude are 20.0 km, 0.9 are 100.1 km.
    near, far = build_days(0.8 * common + 0.6 * own, site="b", latitude=40.18), build_days(own, site="c", latitude=40.9)
    found = realism.statistics(first, pd.concat([first, near, far]))
    assert found[realism.NEAR] == pytest.approx(np.corrcoef(common, 0.8 * common + 0.6 * own)[0, 1])
    # Both other pairs are far ones, at 100 and at 80.1 km.
    expected = np.median([np.corrcoef(common, own)[0, 1], np.corrcoef(0.8 * common + 0.6 * own, own)[0, 1]])
    assert found[realism.FAR] == pytest.approx(expected)
    assert found[realism.LAG_1] == pytest.approx(np.corrcoef(common[1:], common[:-1])[0, 1])


def far_pair():
    """Three sites with both distances, for cases that judge something else."""
    wave = np.sin(np.arange(200.0))
    places = {"x": 40.0, "y": 40.18, "z": 40.9}
    return pd.concat(
        [build_days(wave + i * np.cos(np.arange(200.0)), site=s, latitude=p) for i, (s, p) in enumerate(places.items())]
    )


def test_the_benchmark_prints_a_table_with_a_row_for_each_statistic(shared_data, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["sandbox_realism.py", str(shared_data / "panel/panel_daily.parquet")])
    benchmark.main()
    printed = capsys.readouterr().out
    documented = (BENCHMARK.parents[1] / "docs/sandbox.md").read_text()
    assert all(table in documented for table in printed.strip().split("\n\n"))
    assert printed.count("\n|") == 2 * (len(NAMES) + 1) + 1
