import pytest
from pydantic import ValidationError

from airwatch.domain.pollutants import CRITERIA
from builders import build_feature_params

SPEC = build_feature_params().features
AROUND = SPEC.surroundings.model_dump()


def reach_with(**changes):
    return build_feature_params(features=changes).features.reach_days


@pytest.mark.parametrize("horizon_days", [1, 7, 14])
def test_columns_hold_a_climatology_for_the_origin_and_each_lead(horizon_days):
    found = [name for name in SPEC.columns(("pm25",), horizon_days) if name.startswith("value_climatology_")]
    assert found == [f"value_climatology_{lead:02d}" for lead in range(horizon_days + 1)]


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("value_lag_", [f"value_lag_{back:02d}" for back in range(7)]),
        ("value_mean_", ["value_mean_03", "value_mean_07", "value_mean_14", "value_mean_28", "value_mean_90"]),
        ("far_", [f"far_{side}_00" for side in ("n", "ne", "e", "se", "s", "sw", "w", "nw")]),
        ("region_", ["region_00", "region_01", "region_mean_07"]),
        ("step_", ["step_14", "step_60"]),
        ("fireworks_", ["fireworks_01", "fireworks_02"]),
    ],
)
def test_columns_are_named_by_what_they_hold(prefix, names):
    assert [name for name in SPEC.columns(("pm25",), 2) if name.startswith(prefix)] == names


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("value_lag_01", "yesterday"),
        ("value_lag_02", "recent level"),
        ("value_last", "yesterday"),
        ("days_since_last", "data"),
        ("value_mean_90", "recent level"),
        ("value_climatology_07", "usual level"),
        ("level", "usual level"),
        ("doy_cos_2", "season"),
        ("weekday_sunday", "calendar"),
        ("fireworks_07", "calendar"),
        ("value_neighbours_00", "neighbours"),
        ("near_spread_00", "variability"),
        ("step_14", "variability"),
        ("sector_nw_change", "upwind"),
        ("far_e_00", "upwind"),
        ("network_00", "region"),
        ("smoke_share_00", "region"),
        ("weather_wind_direction_sin_mean_03", "weather"),
        ("other_ozone_00", "other pollutants"),
        ("missing_28", "data"),
        ("history_days", "data"),
        ("longitude", "place"),
    ],
)
def test_each_column_belongs_to_a_group_in_words(name, group):
    assert SPEC.groups(("pm25", "ozone"), 7)[name] == group


@pytest.mark.parametrize(("days", "group"), [(364, "recent level"), (365, "usual level")])
def test_the_mean_of_a_year_is_a_usual_level(days, group):
    spec = build_feature_params(features={"mean_days": (days,)}).features
    assert spec.own_groups()[f"value_mean_{days}"] == group


def test_reach_is_that_of_the_climatology():
    # Four years are 1461 days, and half a window of 31 days more.
    assert SPEC.reach_days == 1_461 + 15


@pytest.mark.parametrize(
    ("surroundings", "reach"),
    [
        ({}, 430),  # the newest value
        ({"region_days": 90}, 454),  # the anomaly 89 days before the origin, its level 365 days that end there
        ({"region_days": 70}, 434),
    ],
)
def test_the_surroundings_look_back_from_days_before_the_origin(surroundings, reach):
    short = {"years": 1, "half_width_days": 10, "min_count": 1}
    assert reach_with(climatology=short, surroundings={**AROUND, **surroundings}) == reach


@pytest.mark.parametrize(
    "change",
    [
        {"lag_days": 1},
        {"mean_days": []},
        {"mean_days": [7, 3]},
        {"step_days": [3], "step_min_count": 4},
        {"climatology": {"years": 4, "half_width_days": 61, "min_count": 1}},
        {"transforms": {"pm25": "log1p"}},
        {"transforms": dict.fromkeys((*CRITERIA, "radon"), "log1p")},
        {"transforms": dict.fromkeys(CRITERIA, "sqrt")},
        {"surroundings": {**AROUND, "far_km": [1200, 400]}},
        {"surroundings": {**AROUND, "radius": 3}},
        {"surroundings": {**AROUND, "sector_degrees": 60}},
        {"lags": 3},
    ],
)
def test_features_refuse_what_cannot_be(change):
    with pytest.raises(ValidationError):
        build_feature_params(features=change)


def test_a_transform_that_is_missing_is_asked_for_by_name():
    with pytest.raises(ValidationError, match="name a transform for each of pm25, ozone"):
        build_feature_params(features={"transforms": {"pm25": "log1p"}})
