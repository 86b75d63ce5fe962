import pytest

from airwatch.pipelines.inference.nodes import ModelRefusedError, issue_forecasts
from airwatch.scope import OtherScopeError, mark
from builders import build_feature_params
from builders_inference import HISTORY, PARAMS, Shelf, issue
from builders_monitoring import build_area_sites
from builders_training import SITES, features_of, forecaster, training_run


def test_a_model_that_was_trained_beyond_an_origin_is_refused():
    message = (
        "airwatch-pm25 version 3 was trained on days to 2023-12-31, so it cannot forecast honestly from 2023-12-29. "
        "Train with as_of=2023-12-29 or earlier, or name an older model_version."
    )
    with pytest.raises(ModelRefusedError) as refused:
        issue(origins="2023-12-29/2023-12-31")
    assert str(refused.value) == message


def test_a_model_may_forecast_from_the_last_day_it_was_trained_on():
    assert len(issue(origins="2023-12-31/2023-12-31")) == 9


@pytest.mark.parametrize("horizon_days", [2, 4])
def test_a_model_of_another_horizon_is_refused(horizon_days):
    with pytest.raises(ModelRefusedError, match=f"3 days ahead and horizon_days is {horizon_days}. Use"):
        issue(horizon_days=horizon_days)


def test_a_model_of_other_air_is_refused():
    with pytest.raises(
        ModelRefusedError, match=r"version 3 was trained on aqs and this run is about sandbox-20\. Train"
    ):
        issue(model=Shelf(forecaster(), source="aqs"))


def test_a_model_of_another_area_forecasts():
    forecasts = issue(model=Shelf(forecaster(), source="sandbox-20", area="cbsa-31080"))
    assert len(forecasts) == 9


def test_features_of_another_run_are_refused():
    run = training_run()
    features = mark(features_of(HISTORY, run), training_run(seed=21))
    with pytest.raises(OtherScopeError, match="source=sandbox-21"):
        issue_forecasts(
            features,
            HISTORY,
            build_area_sites(*SITES),
            Shelf(forecaster()),
            "pm25",
            run,
            PARAMS,
            build_feature_params(),
        )


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(ModelRefusedError, match="airwatch-pm25 has no version 99"):
        issue(model_version="99")


def test_a_version_that_exists_forecasts():
    assert set(issue(model_version="3")["model_version"]) == {"3"}
