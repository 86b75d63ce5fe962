import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.pipelines.monitoring.changes.in_errors import watch_errors
from builders_changes import LAST, build_smoke, site_ids
from builders_monitoring import build_monitoring_params

PARAMS = build_monitoring_params()
STATES = pd.Series("California", index=site_ids(4))


def matured(sites=4, count=500, bias=0.0, since=0, seed=1, of=None):
    """Forecasts of 10 ppb ± 2, observed with their own spread; from some day on higher by so many spreads."""
    draw, days = np.random.default_rng(seed), pd.date_range(end=LAST, periods=count, freq="D")
    table = pd.DataFrame({"site_id": np.repeat(site_ids(sites), count), "target_date": np.tile(days, sites)})
    late = (table["target_date"] > LAST - pd.Timedelta(days=since)) & table["site_id"].isin(of or site_ids(sites))
    spread = 4 / 2.563
    observed = 10 + spread * (draw.normal(0, 1, len(table)) + bias * late)
    return table.assign(q10=8.0, q50=10.0, q90=12.0, observed=observed)


def watched(forecasts, smoke=None, states=STATES, as_of=LAST):
    smoke = build_smoke() if smoke is None else smoke
    found = watch_errors("no2", forecasts, smoke, states, as_of, transform("identity"), PARAMS)
    return {each.scope: each for each in found}


def drifted(*given, **named):
    return [scope for scope, found in watched(*given, **named).items() if found.drifted]


def test_errors_that_stay_as_they_were_are_no_drift():
    assert drifted(matured()) == []
    assert list(watched(matured())) == ["area", *site_ids(4)]


@pytest.mark.parametrize(("bias", "words"), [(0.8, "0.9 spreads above"), (-0.8, "0.7 spreads below")])
def test_errors_that_went_to_one_side_are_found_with_since_when(bias, words):
    found = watched(matured(bias=bias, since=60))["area"]
    assert found.drifted
    assert abs((found.since - (LAST - pd.Timedelta(days=59))).days) <= 10
    assert found.note == f"NO2 is observed {words} its forecasts, unlike in the same weeks of earlier years."


def test_a_bias_of_one_site_is_named_there():
    found = drifted(matured(bias=1.5, since=60, of=site_ids(1)))
    assert site_ids(1)[0] in found
    assert not set(found) & set(site_ids(4)[1:])


def test_a_bias_that_these_weeks_always_have_is_no_drift():
    # Each year's last 120 days and the month around them are higher by a spread; years are 365 days long here.
    rows = matured(count=1_500, seed=2)
    season = (LAST - rows["target_date"]).dt.days % 365.25 < 150
    seasonal = rows.assign(observed=rows["observed"] + np.where(season, 1.5, 0.0))
    assert drifted(seasonal) == []


def test_smoke_is_no_drift():
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range(LAST - pd.Timedelta(days=59), LAST)]
    smoke = pd.concat([build_smoke(site, *days) for site in site_ids(4)])
    assert drifted(matured(bias=2.0, since=60)) != []
    assert drifted(matured(bias=2.0, since=60), smoke) == []


def test_states_are_tested_apart_where_there_are_several():
    states = STATES.replace({"California": "Nevada"}).where(STATES.index.isin(site_ids(2)), "California")
    found = drifted(matured(bias=1.0, since=60, of=site_ids(2)), states=states)
    assert "Nevada" in found
    assert "California" not in found


def test_one_wild_error_is_no_drift():
    rows = matured()
    wild = rows.assign(observed=rows["observed"].where(rows["target_date"] != LAST, 1e6))
    assert drifted(wild) == []


def test_errors_after_as_of_are_unknown():
    early = LAST - pd.Timedelta(days=61)
    assert drifted(matured(bias=2.0, since=60), as_of=early) == []


def test_where_nothing_has_matured_that_is_said():
    found = watched(matured().iloc[:0])
    assert (list(found), found["area"].note) == (["area"], "Not judged: no forecast has matured.")
    assert np.isnan(found["area"].statistic)


def test_too_few_errors_are_not_judged():
    found = watched(matured(count=140))
    assert found["area"].note == "Not judged: 20 errors before, 120 lately, 120 and 5 needed."
    assert not any(each.drifted for each in found.values())


@pytest.mark.parametrize("observed", [10.0, 11.0])
def test_errors_that_are_all_equal_are_not_judged(observed):
    found = watched(matured().assign(observed=observed))["area"]
    assert (np.isnan(found.statistic), found.note[:11]) == (True, "Not judged:")


def test_forecasts_without_spread_count_as_no_error():
    flat = matured().assign(q10=10.0, q90=10.0)
    assert np.isnan(watched(flat)["area"].statistic)


def test_a_single_site_is_judged_as_the_area_and_as_itself():
    assert list(watched(matured(sites=1, bias=1.0, since=60))) == ["area", site_ids(1)[0]]
    assert drifted(matured(sites=1, bias=1.0, since=60)) == ["area", site_ids(1)[0]]
