"""The ablation: what is left out, on which rows it is judged, and how a change is written."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from airwatch.domain.transforms import transform
from airwatch.forecasting import linear
from airwatch.forecasting.design import NOT_FOR_MODELS
from airwatch.forecasting.linear import RidgeByLead
from airwatch.pipelines.training.examples import Examples
from airwatch.scores import QUANTILES, crps_rows
from benchmarks import ablation
from benchmarks.ablation import EVERYTHING, FAMILIES, LEADS, PRODUCTS, Fold, Losses
from builders import build_days, build_feature_params

SITE, TEST_SITE = "06-037-0001", "06-037-0004"  # sha1 of the second is divisible by five
PLACES = pd.DataFrame({"site_id": [SITE, TEST_SITE], "latitude": [34.0, 34.1], "longitude": [-118.0, -118.1]})
AROUND_2019 = Fold((2018, 2020), 2019)
# What carries a forecast, or is never known in these data, or tells nothing on days that were observed.
STAYS = re.compile(r"value_lag_00|value_last|days_since_last|(weather|other)_.*")


def build_examples(days=1096, start="2018-01-01", seed=3):
    """A site whose next days are as far above 10 as its far neighbours stood above their level, and as noise has it."""
    rng = np.random.default_rng(seed)
    origins = pd.date_range(start, periods=days, freq="D")
    far = rng.normal(size=days)
    features = pd.DataFrame(
        {
            "value_lag_00": np.exp(rng.normal(2.0, 0.3, days)),
            "level": np.full(days, 2.3),
            "far_n_00": far,
            "far_s_00": rng.normal(size=days),
            "weekday_monday": rng.integers(0, 2, days),
        }
    ).astype("float32")
    features.insert(0, "origin_date", origins)
    features.insert(0, "site_id", SITE)
    targets = 10.0 * np.exp(0.3 * far[:, np.newaxis] + 0.1 * rng.normal(size=(days, 7)))
    return Examples("pm25", features, targets, np.ones(days, dtype=bool), transform("log1p"))


def build_losses(squared, crps, days=40):
    """The same losses on every day and at every lead."""
    shape = days, len(LEADS)
    origins = np.datetime64("2019-01-01") + np.arange(days)
    return Losses(np.full(shape, squared), np.full(shape, crps), origins)


def test_every_column_that_models_learn_from_belongs_to_a_family_or_stays():
    columns = build_feature_params().features.columns(["pm25", "ozone"], 7)
    learned = [name for name in columns if not NOT_FOR_MODELS.fullmatch(name)]
    families = [re.compile(pattern) for pattern in FAMILIES.values()]
    assert [name for name in learned if not any(family.fullmatch(name) for family in families)] == [
        name for name in learned if STAYS.fullmatch(name)
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_not_empty(family):
    columns = build_feature_params().features.columns(["pm25"], 7)
    assert any(re.fullmatch(FAMILIES[family], name) for name in columns)


def test_a_family_and_nothing_else_is_left_out():
    features = build_examples(1).features
    assert ablation.kept_columns(features, "far sectors") == ["value_lag_00", "level", "weekday_monday"]
    assert len(ablation.kept_columns(features, None)) == len(ablation.kept_columns(features, PRODUCTS)) == 5


def test_a_family_takes_no_column_whose_name_only_contains_its_own():
    features = build_examples(1).features.assign(spread_07=0.0, near_spread_00=0.0)
    assert "spread_07" not in ablation.kept_columns(features, "spread")
    assert "near_spread_00" in ablation.kept_columns(features, "spread")


def test_the_sites_and_the_years_of_the_test_are_not_looked_at():
    days = pd.concat([build_days(10, start="2019-12-27", site=site, seed=1) for site in (SITE, TEST_SITE)])
    examples = ablation.development_examples(days[["site_id", "date_local", "value"]], PLACES)
    assert set(examples.features["site_id"]) == {SITE}
    assert examples.features["origin_date"].max() == pd.Timestamp("2019-12-31")
    # Five days to the end of the year: the first has targets on the other four, the last has none.
    assert np.isfinite(examples.targets).sum(axis=1).tolist() == [4, 3, 2, 1, 0]
    assert examples.features["value_neighbours_00"].isna().all()


def test_no_target_that_is_learned_lies_in_the_year_of_the_judgement():
    learn, _ = ablation.rows_of(build_examples(), AROUND_2019)
    before = learn.origins[learn.origins < np.datetime64("2019-01-01")]
    after = learn.origins[learn.origins > np.datetime64("2019-12-31")]
    assert before[-1] in (np.datetime64("2018-12-23"), np.datetime64("2018-12-24"))  # plus 7 is at most the 31st
    assert after[0] in (np.datetime64("2020-01-01"), np.datetime64("2020-01-02"))
    assert len(before) + len(after) == len(learn)
    assert set(np.diff(before)) == {np.timedelta64(2, "D")}


def test_a_year_that_is_not_named_is_not_learned_from():
    learn, _ = ablation.rows_of(build_examples(), Fold((2018,), 2019))
    assert learn.origins.max() < np.datetime64("2019-01-01")


def test_every_day_of_a_near_daily_year_is_judged_as_far_as_its_targets_lie_in_it():
    _, judge = ablation.rows_of(build_examples(), AROUND_2019)
    assert judge.origins.tolist() == pd.date_range("2019-01-01", "2019-12-24").date.tolist()


@pytest.mark.parametrize(("observed", "judged"), [(249, 0), (250, 250)])
def test_a_site_with_fewer_than_250_days_is_not_judged(observed, judged):
    examples = build_examples()
    gone = (examples.origins >= np.datetime64("2019-01-01") + observed) & (
        examples.origins < np.datetime64("2020-01-01")
    )
    examples.features.loc[gone, "value_lag_00"] = np.nan
    assert len(ablation.rows_of(examples, AROUND_2019)[1]) == judged


def test_a_forecast_without_the_columns_that_tell_loses_more_and_without_others_hardly(monkeypatch):
    monkeypatch.setattr(linear, "LEAST_PENALTY", 1e-9)
    examples = build_examples()
    learn, judge = ablation.rows_of(examples, AROUND_2019)
    base, without, besides = (
        ablation.losses(learn, judge, ablation.kept_columns(examples.features, family))
        for family in (None, "far sectors", "weekday")
    )
    # The logarithm varies by 0.3 with the far neighbours and by 0.1 without them: the errors are to each other as the
    # root of 0.1² + 0.3² to 0.1, which is 3.2.
    np.testing.assert_allclose(without.crps.mean(axis=0) / base.crps.mean(axis=0), 3.2, atol=0.4)
    np.testing.assert_allclose(besides.crps.mean(axis=0), base.crps.mean(axis=0), rtol=0.02)


def test_losses_are_those_of_a_distribution_as_wide_as_the_noise(monkeypatch):
    monkeypatch.setattr(linear, "LEAST_PENALTY", 1e-9)
    learn, judge = ablation.rows_of(build_examples(), AROUND_2019)
    found = ablation.losses(learn, judge, ablation.kept_columns(learn.features, None))
    # Who knows how the days were made names quantiles and the mean of a lognormal.
    middle = 10.0 * np.exp(0.3 * judge.features["far_n_00"].to_numpy(dtype=float))
    quantiles = middle[:, np.newaxis] * np.exp(0.1 * norm.ppf(list(QUANTILES.values())))
    first = judge.targets[:, 0]
    assert found.crps[:, 0].mean() == pytest.approx(crps_rows(quantiles, first).mean(), rel=0.05)
    assert found.squared[:, 0].mean() == pytest.approx(np.mean((middle * np.exp(0.1**2 / 2) - first) ** 2), rel=0.1)


def test_every_family_and_the_products_are_left_out_in_turn():
    found = ablation.ablate(*ablation.rows_of(build_examples(), AROUND_2019))
    assert list(found) == [None, *FAMILIES, PRODUCTS]
    changed = [name for name, each in found.items() if (each.crps != found[None].crps).any()]
    assert changed == ["usual level", EVERYTHING, "far sectors", "weekday", PRODUCTS]


def test_without_products_a_ridge_has_the_columns_alone_and_only_for_a_while():
    learn, _ = ablation.rows_of(build_examples(), AROUND_2019)
    columns = ablation.kept_columns(learn.features, None)

    def terms():
        told = learn.features[columns]
        return RidgeByLead(learn.unit).fit(told, np.log1p(learn.targets)).terms.build(told)[1]

    with ablation.without_products():
        assert terms() == columns
    assert len(terms()) > len(columns)


def test_a_change_is_in_percent_of_the_error_with_all_columns():
    # Squared errors 4 and 4.41: roots 2 and 2.1, 5 % more. CRPS 1 and 0.99: 1 % less.
    text = ablation.report(
        [(AROUND_2019, {None: build_losses(4.0, 1.0), "weekday": build_losses(4.41, 0.99)})], "days.parquet"
    )
    assert "| nothing | 2.000 | 2.000 | 2.000 | 1.000 | 1.000 | 1.000 |" in text
    assert "| weekday | **+5.00** | **+5.00** | **+5.00** | **-1.00** | **-1.00** | **-1.00** |" in text
    assert "judged on 40, 40, 40 rows at leads 1, 3, 7" in text


def test_a_change_within_noise_is_not_bold():
    base = build_losses(4.0, 1.0)
    swing = np.where(np.arange(40) % 2, 0.5, -0.5)[:, np.newaxis]
    text = ablation.report(
        [(AROUND_2019, {None: base, "weekday": Losses(base.squared + swing, base.crps, base.days)})], ""
    )
    assert "| weekday | +0.00 | +0.00 | +0.00 | +0.00 | +0.00 | +0.00 |" in text


def test_years_after_those_that_are_forecast_are_named():
    found = {None: build_losses(1.0, 1.0)}
    assert "2020 lies after the days that are forecast" in ablation.report([(AROUND_2019, found)], "")
    assert "lies after" not in ablation.report([(Fold((2018,), 2019), found)], "")
