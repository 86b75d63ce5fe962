from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch.domain.transforms import transform
from airwatch.forecasting import reasons
from airwatch.forecasting.baselines import Blend, Climatology
from airwatch.forecasting.linear import RidgeByLead
from airwatch.forecasting.reasons import GROUP_COLUMNS, explain
from builders import build_feature_params

LOG, IDENTITY = transform("log1p"), transform("identity")
WORDS = build_feature_params().features.groups(("pm25",), 3)


def forecaster(main, fallback=None, kind=LOG):
    """What ``explain`` asks of a forecaster: the fallback takes rows whose newest value is more than a week old."""
    return SimpleNamespace(
        main=SimpleNamespace(model=main, transform=kind),
        fallback=SimpleNamespace(model=fallback or main, transform=kind),
        lacks_recent_history=lambda features: (features["days_since_last"] > 7).to_numpy(),
    )


def blend(median, climatology, newest, share, pollutant="pm25", **columns):
    """The reasons of one row and lead of a blend, AQS unit."""
    row = {"site_id": "06-037-0001", "pollutant": pollutant, "origin_date": pd.Timestamp("2020-01-01")}
    numbers = {"value_climatology_01": climatology, "value_lag_00": newest, "value_last": newest, "days_since_last": 0}
    model = Blend(IDENTITY, medians=np.array([median]), shares=np.array([share]))
    [found] = explain(forecaster(model, kind=IDENTITY), pd.DataFrame([row | numbers | columns]), WORDS).itertuples()
    return found


@pytest.fixture(scope="module")
def features(build_features):
    return build_features(days=60)


@pytest.fixture(scope="module")
def ridge(features, build_targets):
    return RidgeByLead(LOG).fit(features, LOG.forward(build_targets(features)))


@pytest.fixture(scope="module")
def climatology(features, build_targets):
    return Climatology(LOG).fit(features, LOG.forward(build_targets(features)))


def test_usual_and_reasons_add_up_to_what_the_model_expects(ridge, features):
    found = explain(forecaster(ridge), features, WORDS)
    np.testing.assert_allclose(found["expected"], LOG.inverse(ridge.predict(features)).ravel(), rtol=1e-5)
    np.testing.assert_allclose(found["usual"] + found[list(GROUP_COLUMNS)].sum(axis=1), found["expected"])


def test_each_row_is_explained_at_each_lead_in_the_order_of_the_keys(ridge, features):
    found = explain(forecaster(ridge), features.iloc[[61, 5]], WORDS)
    assert found["site_id"].tolist() == ["06-037-0000"] * 3 + ["06-037-0001"] * 3
    assert found["lead_days"].tolist() == [1, 2, 3] * 2
    assert set(found["origin_date"]) == {pd.Timestamp("2020-01-06"), pd.Timestamp("2020-01-02")}


def test_a_row_s_reasons_do_not_depend_on_the_rows_beside_it(ridge, features, monkeypatch):
    whole = explain(forecaster(ridge), features, WORDS)
    monkeypatch.setattr(reasons, "CHUNK_ROWS", 7)
    assert_frame_equal(explain(forecaster(ridge), features, WORDS), whole)


def test_a_row_without_recent_history_is_explained_by_the_fallback(ridge, climatology, features):
    rows = features.iloc[[10, 11]].assign(days_since_last=[0.0, 8.0])
    found = explain(forecaster(ridge, climatology), rows, WORDS)
    expected = np.concatenate([ridge.predict(rows.iloc[:1])[0], climatology.predict(rows.iloc[1:])[0]])
    np.testing.assert_allclose(found["expected"], LOG.inverse(expected), rtol=1e-5)
    assert (found["yesterday"] != 0).tolist() == [True] * 3 + [False] * 3


def test_rows_of_the_fallback_alone_and_no_row_at_all_are_explained_too(ridge, climatology, features):
    stale = explain(forecaster(ridge, climatology), features.iloc[:4].assign(days_since_last=9.0), WORDS)
    assert set(stale["main_reason"]) == {"usual level"}
    nothing = explain(forecaster(ridge, climatology), features.iloc[:0], WORDS)
    assert nothing.empty
    assert list(nothing.columns) == list(stale.columns)


def test_the_main_reasons_are_the_groups_that_move_the_forecast_most_whichever_way():
    # From 10 to the climatology of 7 is -3; a quarter of the way from 7 to 15 is +2.
    found = blend(10.0, climatology=7.0, newest=15.0, share=0.25)
    assert (found.usual_level, found.yesterday, found.expected) == (-3.0, 2.0, 9.0)
    assert (found.main_reason, found.second_reason) == ("usual level", "yesterday")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((10.0, 7.0, 15.0, 0.25), "9.0 µg/m³, 1.0 below the usual 10.0: usual level -3.0, yesterday +2.0"),
        ((10.0, 13.0, 21.0, 0.25), "15.0 µg/m³, 5.0 above the usual 10.0: usual level +3.0, yesterday +2.0"),
        ((10.0, 10.04, 15.0, 0.2), "11.0 µg/m³, 1.0 above the usual 10.0: yesterday +1.0"),  # +0.04 is nothing
        ((10.0, 10.0, 10.0, 0.2), "10.0 µg/m³, 0.0 above the usual 10.0"),
    ],
)
def test_a_sentence_says_how_far_from_usual_and_why(numbers, said):
    assert blend(*numbers).in_words == said


def test_a_sentence_has_the_digits_of_its_pollutant():
    found = blend(0.040, climatology=0.044, newest=0.060, share=0.5, pollutant="ozone")
    assert found.in_words == "0.052 ppm, 0.012 above the usual 0.040: yesterday +0.008, usual level +0.004"
