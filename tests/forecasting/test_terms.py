import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.domain.transforms import transform
from airwatch.forecasting.terms import LinearTerms, standardised_by

IDENTITY, LOG = transform("identity"), transform("log1p")
NAN = np.nan
SEASONS = ("doy_sin", "doy_cos", "doy_sin_2", "doy_cos_2")
KNOWN = {
    "value_last": 20.0,
    "days_since_last": 5.0,
    "level": 10.0,
    "value_lag_00": 18.0,
    "value_mean_07": 17.0,
    "value_neighbours_00": 16.0,
    "region_00": 3.0,
    "network_00": 2.0,
    "sector_n_00": 1.0,
    "far_n_00": 1.0,
    "sector_n_change": 1.0,
    "near_spread_00": 6.0,
    "weather_temperature_00": 25.0,
}


def build_rows(*rows: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame([KNOWN | row for row in rows], dtype="float32")


def filled(kind=IDENTITY, **row: float) -> dict[str, float]:
    """The terms of one row, by name, learned from a training whose medians are those of ``KNOWN``."""
    matrix, names = LinearTerms(kind).fit(build_rows({}, {}, {})).build(build_rows(row))
    return dict(zip(names, matrix[0].tolist(), strict=True))


@pytest.mark.parametrize("name", ["value_lag_00", "value_mean_07"])
def test_a_missing_concentration_is_half_way_from_the_newest_value_to_the_level_after_five_days(name):
    assert filled(**{name: NAN})[name] == 15.0  # 10 + (20 - 10) / 2


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"days_since_last": 0.0}, 20.0),
        ({"days_since_last": 10.0}, 12.5),  # two half-lives: 10 + 10 / 4
        ({"days_since_last": NAN}, 20.0),
        ({"value_last": NAN}, 10.0),
        ({"value_last": NAN, "days_since_last": NAN}, 10.0),
        ({"level": NAN, "value_last": NAN}, 10.0),  # the median of the levels
    ],
)
def test_a_missing_concentration_drifts_with_the_age_of_the_newest_value(row, expected):
    assert filled(**row, value_lag_00=NAN)["value_lag_00"] == expected


def test_a_missing_concentration_drifts_in_the_working_unit():
    # log1p(e^3 - 1) = 3, the level is 1 there, and half of the way is left after five days.
    terms = filled(LOG, value_last=np.e**3 - 1, level=1.0, value_lag_00=NAN)
    assert terms["value_lag_00"] == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize("name", ["sector_n_00", "far_n_00", "network_00"])
def test_where_no_neighbour_was_observed_the_region_stands_in(name):
    assert filled(**{name: NAN})[name] == 3.0
    assert filled(**{name: NAN, "region_00": NAN})[name] == (0.0 if name == "network_00" else 2.0)
    assert filled(**{name: NAN, "region_00": NAN, "network_00": NAN})[name] == 0.0


def test_without_a_region_the_network_stands_in():
    assert filled(region_00=NAN)["region_00"] == 2.0


def test_the_neighbours_concentration_is_the_level_and_what_the_region_stands_above_it():
    assert filled(value_neighbours_00=NAN)["value_neighbours_00"] == 13.0


def test_a_change_that_nobody_saw_is_none():
    assert filled(sector_n_change=NAN)["sector_n_change"] == 0.0


@pytest.mark.parametrize(("name", "median"), [("near_spread_00", 6.0), ("weather_temperature_00", 25.0), ("level", 10)])
def test_what_the_row_cannot_fill_takes_the_median_of_the_training(name, median):
    assert filled(**{name: NAN})[name] == median


def test_the_median_is_that_of_the_known_training_rows():
    rows = build_rows(*({"near_spread_00": value} for value in (1.0, 2.0, 9.0, NAN)))
    terms = LinearTerms(IDENTITY).fit(rows)
    assert terms.medians[terms.columns.index("near_spread_00")] == 2.0


def test_a_column_never_known_in_training_counts_as_zero():
    rows = build_rows({}).assign(weather_wind_speed_00=np.float32(NAN))
    matrix, names = LinearTerms(IDENTITY).fit(rows).build(rows)
    assert matrix[0, names.index("weather_wind_speed_00")] == 0.0


def place(latitude: float, longitude: float, level: float, value: float) -> dict[str, float]:
    return {"latitude": latitude, "longitude": longitude, "level": level, "value_lag_00": value, "doy_sin": 0.5}


# Middle 35 N, 118 W, level 2; one, two and one to either side; between 1 and 5 above the level.
NETWORK = pd.DataFrame([place(34, -120, 1, 2), place(36, -116, 3, 8)], dtype="float32")


def products(**row: float) -> dict[str, float]:
    matrix, names = LinearTerms(IDENTITY).fit(NETWORK).build(pd.DataFrame([row], dtype="float32"))
    return {name: value for name, value in zip(names, matrix[0].tolist(), strict=True) if "*" in name}


def test_the_season_turns_with_how_far_a_site_stands_from_the_middle_of_the_network():
    # Two, two and three standard deviations from the middle, on a day whose doy_sin is one half.
    found = products(**place(37, -114, 5, 6))
    assert {name: value for name, value in found.items() if name.startswith("doy_sin*")} == {
        "doy_sin*latitude": 1.0,
        "doy_sin*longitude": 1.0,
        "doy_sin*place": 2.0,
        "doy_sin*level": 1.5,
    }


@pytest.mark.parametrize(
    ("value", "excess"),
    [(8.0, 3.0), (25.0, 5.0), (2.0, 1.0)],
    ids=["as trained", "above all of the training", "below all of the training"],
)
def test_the_effect_of_the_excess_varies_as_far_as_the_training_went(value, excess):
    found = products(**place(37, -114, 5, value))
    assert {name: number for name, number in found.items() if name.startswith("excess*")} == {
        "excess*doy_sin": 0.5 * excess,
        "excess*doy_cos": 0.0,
        "excess*latitude": 2 * excess,
        "excess*longitude": 2 * excess,
        "excess*excess": excess**2,
    }


def test_one_site_alone_stands_nowhere_apart():
    matrix, names = LinearTerms(IDENTITY).fit(NETWORK[:1]).build(NETWORK[:1])
    assert [matrix[0, names.index(f"doy_sin*{where}")] for where in ("latitude", "place", "level")] == [0, 0, 0]


def test_the_terms_are_the_columns_that_models_learn_from_and_then_the_products(build_features):
    features = build_features(days=30)
    terms = LinearTerms(LOG).fit(features)
    matrix, names = terms.build(features)
    assert names[: len(terms.columns)] == [n for n in features.columns[3:] if not n.startswith("value_climatology")]
    assert names[len(terms.columns) :] == [
        *(f"{s}*{w}" for s in SEASONS for w in ("latitude", "longitude", "place", "level")),
        *(f"excess*{other}" for other in ("doy_sin", "doy_cos", "latitude", "longitude", "excess")),
    ]
    assert matrix.shape == (60, len(names))


def test_building_terms_leaves_the_table_as_it_is(build_features, build_gappy):
    features = build_gappy(build_features(days=20))
    before = features.copy(deep=True)
    LinearTerms(LOG).fit(features).build(features)
    assert_frame_equal(features, before)


@settings(max_examples=12)
@given(share=st.floats(0, 1), seed=st.integers(0, 99), gone=st.sets(st.integers(3, 20), max_size=6))
def test_no_term_is_ever_unknown(build_features, build_gappy, share, seed, gone):
    features = build_features(days=20)
    gappy = build_gappy(features, share, seed)
    gappy[gappy.columns[sorted(gone)]] = np.float32(np.nan)
    for training in (features, gappy):
        assert np.isfinite(LinearTerms(LOG).fit(training).build(gappy)[0]).all()


@settings(max_examples=12)
@given(places=st.lists(st.integers(0, 39), min_size=1, max_size=12))
def test_a_row_has_the_same_terms_to_the_bit_whatever_rows_are_beside_it(build_features, build_gappy, places):
    features = build_gappy(build_features(days=20), 0.3)
    terms = LinearTerms(LOG).fit(features)
    together = terms.build(features)[0]
    assert np.array_equal(terms.build(features.iloc[places])[0], together[places])


def test_a_term_that_does_not_vary_is_divided_by_one():
    centre, scale = standardised_by(np.array([[1.0, 7.0], [3.0, 7.0]], dtype=np.float32))
    assert (centre.tolist(), scale.tolist()) == ([2.0, 7.0], [1.0, 1.0])
