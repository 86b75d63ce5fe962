"""The leakage court: our tables are acquitted, and every table that looks ahead is convicted by name."""

import numpy as np
import pandas as pd
import pytest

from airwatch.features.court import find_leaks
from airwatch.features.table import build_features
from builders import build_days, build_feature_params, build_run, build_sites
from builders_training import PLACES, SITES, build_history, examples_of, features_of, forecaster, train, training_run

SPEC = build_feature_params().features
START = pd.Timestamp("2022-01-01")
COUNT = 430  # more than a year, so that the climatology takes part
LAST = START + pd.Timedelta(days=COUNT - 1)
ORIGINS = [START + pd.Timedelta(days=number) for number in (40, 400)]


def build_region():
    """Two PM2.5 sites, one of them with ozone, and weather; days are missing here and there."""
    series = [
        ("0001", "pm25"),
        ("0002", "pm25"),
        ("0002", "ozone"),
        ("0001", "temperature"),
        ("0001", "wind_direction"),
    ]
    frames = [
        build_days(COUNT, START, f"06-037-{site}", name, seed=seed, missing=range(7 + seed, COUNT - 9, 11))
        for seed, (site, name) in enumerate(series)
    ]
    return pd.concat(frames, ignore_index=True)


def project_features(observations):
    run = build_run(as_of=LAST.date(), first_year=2016, pollutants=("pm25", "ozone"), horizon_days=3)
    return build_features(observations, build_sites(**PLACES), run, SPEC)


def judge(build, observations, origins=ORIGINS):
    return find_leaks(build(observations), build, observations, origins)


# A small honest table to plant things in: one pollutant, the value of the origin and of the day before.


def honest(observations):
    days = observations[observations["date_local"] <= LAST]
    wide = days.pivot(index="date_local", columns="site_id", values="value").reindex(pd.date_range(START, LAST))
    return tidy({"value_lag_00": wide, "value_lag_01": wide.shift(1), "value_mean_07": wide.rolling(7, 1).mean()})


def tidy(columns):
    table = pd.DataFrame({name: wide.stack(future_stack=True) for name, wide in columns.items()})
    return table.rename_axis(["origin_date", "site_id"]).reset_index()


def with_planted(make):
    """A builder of the honest table with one more column, made from the days as sites' columns."""

    def build(observations):
        table = honest(observations)
        wide = table.pivot(index="origin_date", columns="site_id", values="value_lag_00")
        return table.merge(tidy({"planted": make(wide)}), on=["origin_date", "site_id"])

    return build


def other_sites_tomorrow(wide):
    """What the other of the two sites observes tomorrow."""
    return wide[wide.columns[::-1]].set_axis(wide.columns, axis=1).shift(-1)


def climatology_of_all_years(wide):
    """The mean of each month over the whole record, the months to come included."""
    return wide.groupby(wide.index.month).transform("mean")


LOOKS_AHEAD = {
    "tomorrow": lambda wide: wide.shift(-1),
    "a week ahead": lambda wide: wide.shift(-7),
    "other site's tomorrow": other_sites_tomorrow,
    "tomorrow on a logarithm": lambda wide: np.log1p(wide.shift(-1)),
    "tomorrow above the standard": lambda wide: (wide.shift(-1) > 35.4).astype(float),
    "whether tomorrow is observed": lambda wide: wide.shift(-1).notna().astype(float),
    "centred rolling mean": lambda wide: wide.rolling(7, min_periods=1, center=True).mean(),
    "gaps filled from after": lambda wide: wide.bfill(),
    "climatology over the whole record": climatology_of_all_years,
    "scaler fitted on all days": lambda wide: (wide - wide.mean()) / wide.std(),
    "rank among all days": lambda wide: wide.rank(pct=True),
    "days still to be observed": lambda wide: wide.notna()[::-1].cumsum()[::-1].astype(float),
}


@pytest.mark.parametrize("make", LOOKS_AHEAD.values(), ids=LOOKS_AHEAD)
def test_a_feature_that_looks_ahead_is_caught_by_name_and_no_other(make):
    days = build_days_of_two_sites()
    assert judge(with_planted(make), days) == ["planted"]


LOOKS_BACK = {
    "yesterday": lambda wide: wide.shift(1),
    "past-only climatology": lambda wide: wide.groupby(wide.index.month).transform(
        lambda month: month.expanding().mean()
    ),
    "past-only scaler": lambda wide: (wide - wide.expanding().mean()) / wide.expanding().std(),
    "gaps filled from before": lambda wide: wide.ffill(),
    "all missing": lambda wide: wide * np.nan,
}


@pytest.mark.parametrize("make", LOOKS_BACK.values(), ids=LOOKS_BACK)
def test_a_feature_of_the_past_is_acquitted(make):
    assert judge(with_planted(make), build_days_of_two_sites()) == []


def build_days_of_two_sites():
    """One site has a gap at each origin, the other on the day after it."""
    return pd.concat(
        [
            build_days(COUNT, START, SITES[0], seed=0, missing=[40, 400]),
            build_days(COUNT, START, SITES[1], seed=1, missing=[41, 401]),
        ],
        ignore_index=True,
    )


def test_the_feature_table_knows_nothing_of_later_days():
    assert judge(project_features, build_region()) == []


def test_a_target_planted_in_the_feature_table_is_caught_though_the_builder_is_honest():
    # What a stored table holds is judged, not what its builder would make.
    days = build_region()
    features = project_features(days)
    tomorrow = features.groupby(["site_id", "pollutant"])["value_lag_00"].shift(-1)
    planted = features.assign(helpful=tomorrow, spread_07=tomorrow)
    assert find_leaks(planted, project_features, days, ORIGINS) == ["spread_07", "helpful"]


def test_a_single_cell_with_the_target_in_it_is_caught():
    days = build_region()
    features = project_features(days)
    cell = features.index[features["origin_date"] == ORIGINS[1]][0]
    features.loc[cell, "value_lag_03"] = features.loc[cell + 1, "value_lag_00"]
    assert find_leaks(features, project_features, days, ORIGINS) == ["value_lag_03"]


def test_rows_that_stay_only_where_the_target_was_observed_are_caught():
    def with_known_target(observations):
        table = honest(observations)
        return table[table.groupby("site_id")["value_lag_00"].shift(-1).notna()]

    days = build_days_of_two_sites()
    assert judge(with_known_target, days) == ["origin_date"]


def test_a_table_that_changes_only_after_the_origin_is_acquitted():
    days = build_days_of_two_sites()
    changed = honest(days.assign(value=days["value"].where(days["date_local"] <= ORIGINS[1], 7.0)))
    assert find_leaks(changed, honest, days, ORIGINS) == []


def test_forecasts_of_a_fitted_model_do_not_change_with_later_values():
    model, run = forecaster(), training_run()
    days = build_history(sites=SITES[:2])

    def issue(observations):
        return model.predict(features_of(observations, run))

    assert judge(issue, days, origins=[pd.Timestamp("2023-11-30"), pd.Timestamp("2023-12-30")]) == []


def test_forecasts_of_a_model_trained_again_as_of_the_origin_do_not_change_with_later_values():
    origin = pd.Timestamp("2023-11-30")
    run = training_run(as_of=origin.date())

    def train_and_issue(observations):
        model = train("ridge", examples_of(observations, run), run).forecaster
        return model.predict(features_of(observations, run))

    assert judge(train_and_issue, build_history(sites=SITES[:2]), origins=[origin]) == []


def test_forecasts_corrected_by_what_happened_are_caught():
    model, run = forecaster(), training_run()
    days = build_history(sites=SITES[:2])

    def issue_with_hindsight(observations):
        forecasts = model.predict(features_of(observations, run))
        truth = observations.rename(columns={"date_local": "target_date"})[["site_id", "target_date", "value"]]
        value = forecasts.merge(truth, on=["site_id", "target_date"], how="left")["value"]
        return forecasts.assign(q95=np.fmax(forecasts["q95"], value))

    assert judge(issue_with_hindsight, days, origins=[pd.Timestamp("2023-11-30")]) == ["q95"]


@pytest.mark.parametrize(
    ("origin", "lacks"), [(LAST, "observation after it"), (START - pd.Timedelta(days=1), "row of that origin")]
)
def test_an_origin_that_could_acquit_anything_is_refused(origin, lacks):
    with pytest.raises(ValueError, match=lacks):
        judge(honest, build_days_of_two_sites(), origins=[origin])


def test_the_observations_are_left_alone():
    days = build_days_of_two_sites()
    before = days.copy()
    judge(honest, days)
    pd.testing.assert_frame_equal(days, before)
