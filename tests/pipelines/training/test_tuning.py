import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from airwatch.domain.transforms import transform
from airwatch.forecasting.design import TooFewTrainingRows
from airwatch.pipelines.training import tuning as module
from airwatch.pipelines.training.backtest import plan_windows
from airwatch.pipelines.training.examples import DAY, Examples
from airwatch.pipelines.training.params import TrainingParams
from airwatch.pipelines.training.search import TuningParams, spans_of
from airwatch.pipelines.training.studies import opened
from airwatch.pipelines.training.tuning import Fold, rolling_loss, tune, tune_candidates
from builders import PARAMETERS, SITE, build_run

HORIZON = 2
BEST = 0.5
SEARCH = {"ridge": {"alpha": {"low": 0.0, "high": 1.0}}}


def build_training(**groups):
    """The project's own parameters of training, two windows of 30 days judged, ridge and climatology alone."""
    given = yaml.safe_load((PARAMETERS / "training.yml").read_text())["training"]
    part = {name: {} if name in ("climatology", "ridge") else None for name in given["candidates"]}
    backtest = {"folds": 2, "fold_days": 30, "min_train_days": 60, "judged_share": 1.0}
    return TrainingParams.model_validate({**given, "candidates": part, "backtest": backtest, **groups})


def build_tuning(trials=6, **values):
    return TuningParams.model_validate(
        {"trials": trials, "folds": 1, "fold_days": 30, "sample_rows": 1000, "search": SEARCH, **values}
    )


def build_examples(days=300):
    """One site whose values wander about 10, with the noise that a bad model adds."""
    rng = np.random.default_rng(1)
    features = pd.DataFrame(
        {
            "site_id": SITE,
            "pollutant": "pm25",
            "origin_date": pd.date_range("2023-01-01", periods=days),
            "level": 10 + rng.normal(size=days),
            "noise": rng.normal(size=days),
        }
    )
    targets = np.column_stack([features["level"]] * HORIZON) + 0.1 * rng.normal(size=(days, HORIZON))
    return Examples("pm25", features, targets, np.ones(days, dtype=bool), transform("identity"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A file of trials with its tables made, which takes a second."""
    path = tmp_path_factory.mktemp("studies") / "fresh.db"
    with opened(path):
        return path


@pytest.fixture
def storage(fresh, tmp_path):
    """A file of trials without any."""
    return Path(shutil.copy(fresh, tmp_path / "pm25.db"))


@pytest.fixture
def models(monkeypatch):
    """Stands in for the candidates: errs by more noise the further ``alpha`` is from ``BEST``; tells of each fit."""
    fits = []

    class Model:
        def __init__(self, name, settings, unit, seed):
            self.alpha = settings["alpha"]

        def fit(self, features, targets_t):
            fits.append((self.alpha, features))
            return self

        def predict(self, features):
            fits.append((self.alpha, features))
            wrong = features["level"] + (self.alpha - BEST) * features["noise"]
            return np.column_stack([wrong] * HORIZON)

    monkeypatch.setattr(module, "build_candidate", Model)
    return fits


def tuned(trials=6, examples=None, seed=20, storage=None, training=None, **values):
    examples = build_examples() if examples is None else examples
    return tune(examples, build_tuning(trials, **values), training or build_training(), seed, storage)["ridge"]["alpha"]


def tried(models):
    return list(dict.fromkeys(alpha for alpha, _ in models))


def test_without_trials_the_settings_stay_and_no_file_is_made(models, tmp_path):
    settings = tune(build_examples(), build_tuning(0), build_training(), 20, tmp_path / "pm25.db")
    assert settings == build_training().candidates.settings()
    assert not list(tmp_path.iterdir())
    assert models == []


def test_the_first_trial_is_that_of_the_settings_as_they_are(models):
    assert tuned(trials=1) == 0.004
    assert tried(models) == [0.004]


def test_without_trials_a_setting_may_lie_outside_its_range(models):
    outside = {"ridge": {"alpha": {"low": 0.5, "high": 1.0}}}
    assert tuned(trials=0, search=outside) == 0.004
    with pytest.raises(ValueError, match=r"leaves out 0\.004"):
        tuned(trials=1, search=outside)


def test_trials_find_better_settings(models):
    assert abs(tuned(trials=20) - BEST) < 0.1


def test_the_same_seed_gives_the_same_settings_and_another_one_others(models):
    assert tuned() == tuned()
    assert tuned() != tuned(seed=21)


def test_a_search_that_was_killed_goes_on_to_what_it_would_have_found(models, monkeypatch, storage):
    # More than the ten trials that the sampler draws at random.
    in_one_go = tuned(trials=14)
    all_tried = tried(models)
    models.clear()
    loss = module.rolling_loss

    def killed(name, settings, folds, seed):
        if len(tried(models)) == 12:
            raise KeyboardInterrupt
        return loss(name, settings, folds, seed)

    monkeypatch.setattr(module, "rolling_loss", killed)
    with pytest.raises(KeyboardInterrupt):
        tuned(trials=14, storage=storage)
    monkeypatch.setattr(module, "rolling_loss", loss)
    models.clear()
    assert tuned(trials=14, storage=storage) == in_one_go
    assert tried(models) == all_tried[12:]


def test_trials_done_before_count(models, storage):
    first = tuned(storage=storage)
    models.clear()
    assert tuned(storage=storage) == first
    assert models == []


def test_a_smaller_budget_takes_the_best_of_the_first_trials(models, storage):
    tuned(trials=8, storage=storage)
    assert tuned(trials=3, storage=storage) == tuned(trials=3)


@pytest.mark.parametrize(
    "change",
    [
        {"search": {"ridge": {"alpha": {"low": 0.0, "high": 2.0}}}},
        {"sample_rows": 100},
        {"seed": 21},
        {"examples": build_examples(days=301)},
    ],
)
def test_other_ranges_rows_seeds_or_data_begin_a_new_search(models, storage, change):
    tuned(trials=2, storage=storage)
    models.clear()
    tuned(trials=2, storage=storage, **change)
    assert len(tried(models)) == 2


def test_other_code_begins_a_new_search(models, monkeypatch, storage):
    tuned(trials=2, storage=storage)
    models.clear()
    monkeypatch.setattr(module, "code_hash", lambda: "other")
    tuned(trials=2, storage=storage)
    assert len(tried(models)) == 2


def test_no_day_is_seen_that_candidates_are_judged_or_calibrated_on(models):
    examples = build_examples()
    tuned(examples=examples)
    first, *_ = plan_windows(examples, build_training().backtest)
    newest = max(features["origin_date"].max() for _, features in models)
    # The gap is as long as the horizon: the last target lies on the day before the first window.
    assert newest == pd.Timestamp(first.first - (HORIZON + 1) * DAY)


def test_what_happens_on_judged_days_changes_no_setting(models):
    examples = build_examples()
    first, *_ = plan_windows(examples, build_training().backtest)
    later = examples.origins + HORIZON * DAY >= first.first
    features = examples.features.assign(level=np.where(later, 99.0, examples.features["level"]))
    changed = replace(examples, features=features, targets=np.where(later[:, None], 0.0, examples.targets))
    assert tuned(examples=changed) == tuned(examples=examples)


def test_a_fold_learns_from_days_whose_targets_lie_before_its_window(models):
    tuned(trials=1)
    learned, forecast = [features["origin_date"] for _, features in models[-2:]]
    assert learned.max() == forecast.min() - pd.Timedelta(days=HORIZON + 1)


def test_errors_count_as_known_where_the_last_target_lies_within_the_window(models, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "rolling_loss", lambda name, settings, folds, seed: seen.append(folds) or 1.0)
    tuned(trials=1)
    # Of 30 origins all but the last two.
    assert [int(fold.settled.sum()) for fold in seen[0]] == [28, 28]


def test_a_fold_has_at_most_so_many_rows_to_learn_from(models):
    tuned(
        trials=1,
        sample_rows=100,
        training=build_training(backtest={"folds": 1, "fold_days": 20, "min_train_days": 120, "judged_share": 1.0}),
    )
    assert [len(features) for _, features in models] == [100, 30, 100, 30]


def test_forecasts_that_would_not_be_issued_do_not_count(models):
    examples = build_examples()
    issuable = np.arange(len(examples)) % 2 == 0
    tuned(trials=1, examples=replace(examples, issuable=issuable))
    assert [len(features) for _, features in models[1::2]] == [15, 15]


@pytest.mark.parametrize("days", [0, 60, 190])
def test_where_history_is_short_settings_stay(models, days):
    assert tuned(examples=build_examples(days)) == 0.004
    assert models == []


def test_a_candidate_with_too_few_rows_keeps_its_settings(models, monkeypatch):
    def refuse(*_):
        raise TooFewTrainingRows("ridge has 3 observed targets")

    monkeypatch.setattr(module, "build_candidate", refuse)
    assert tuned() == 0.004


def test_silent_windows_leave_the_settings(models):
    examples = build_examples()
    examples.targets[100:200] = np.nan
    assert tuned(examples=examples) == 0.004


class Sure:
    """Forecasts 10."""

    def fit(self, features, targets_t):
        return self

    def predict(self, features):
        return np.full((len(features), HORIZON), 10.0)


def fold_of(*targets, settled=True):
    rows = pd.DataFrame({"origin_date": pd.date_range("2023-01-01", periods=len(targets))})
    examples = Examples("pm25", rows, np.array(targets, dtype=float), np.ones(len(rows), bool), transform("identity"))
    return Fold(examples, examples, np.full(len(rows), settled))


def test_the_loss_is_the_crps_around_the_errors_of_earlier_windows(monkeypatch):
    monkeypatch.setattr(module, "build_candidate", lambda *_: Sure())
    # Errors of 1 at lead 1 and 3 at lead 2 make all quantiles 11 and 13: off by 2 and 3 from 13 and 10.
    assert rolling_loss("ridge", {}, [fold_of([11, 13]), fold_of([13, 10])], 20) == pytest.approx((2 + 3) / 2)


def test_no_quantile_is_negative(monkeypatch):
    monkeypatch.setattr(module, "build_candidate", lambda *_: Sure())
    # Errors of -12 make quantiles of -2, which become 0.
    assert rolling_loss("ridge", {}, [fold_of([-2, -2]), fold_of([0, 0])], 20) == 0.0


def test_errors_of_targets_beyond_the_window_are_not_known_in_the_next(monkeypatch):
    monkeypatch.setattr(module, "build_candidate", lambda *_: Sure())
    first = fold_of([11, 13], [20, 20])
    first = Fold(first.past, first.test, np.array([True, False]))
    assert rolling_loss("ridge", {}, [first, fold_of([13, 10])], 20) == pytest.approx((2 + 3) / 2)


def test_a_lead_that_was_not_observed_does_not_count(monkeypatch):
    monkeypatch.setattr(module, "build_candidate", lambda *_: Sure())
    assert rolling_loss("ridge", {}, [fold_of([11, np.nan]), fold_of([13, 10])], 20) == pytest.approx(2.0)
    with pytest.raises(TooFewTrainingRows):
        rolling_loss("ridge", {}, [fold_of([11, np.nan]), fold_of([np.nan, 10])], 20)


def test_the_parameters_of_training_are_returned_with_what_was_found(models, storage):
    params = build_training(tuning=build_tuning())
    found = tune_candidates(build_examples(), storage, build_run(), params)
    assert found.candidates.ridge.alpha == tuned()
    assert found.candidates.xgboost is None
    assert found.model_copy(update={"candidates": params.candidates}) == params


def test_without_trials_the_parameters_of_training_are_returned_as_they_are(models, tmp_path):
    params = build_training(tuning=build_tuning(0))
    assert tune_candidates(build_examples(), tmp_path / "pm25.db", build_run(), params) == params


def test_the_project_s_own_ranges_hold_the_project_s_own_settings():
    given = yaml.safe_load((PARAMETERS / "training.yml").read_text())["training"]
    params = TrainingParams.model_validate(given)
    assert set(spans_of(params.tuning.search, params.candidates.settings())) == set(params.tuning.search)
