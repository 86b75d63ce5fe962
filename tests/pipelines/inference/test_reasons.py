from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.domain.transforms import transform
from airwatch.forecasting.baselines import Persistence
from airwatch.forecasting.reasons import GROUP_COLUMNS
from airwatch.model_registry import RegisteredForecaster
from airwatch.pipelines.inference.reasons import explain_forecasts
from airwatch.scope import made_for
from builders import build_feature_params, build_run
from builders_monitoring import build_feature_rows, build_forecasts

DAYS = ["2023-12-01", "2023-12-02", "2023-12-03"]
RUN = build_run(origins="2023-12-01/2023-12-03", horizon_days=2)


class Shelf:
    """Each version persists, from a median of its own: 5 in the first version, 6 in the second."""

    name = "airwatch-pm25"

    def load(self, wanted="champion"):
        identity = transform("identity")
        persistence = Persistence(identity, medians=np.full(2, 4.0 + int(wanted)))
        part = SimpleNamespace(model=persistence, transform=identity)
        always = SimpleNamespace(main=part, fallback=part, lacks_recent_history=lambda rows: np.zeros(len(rows), bool))
        return RegisteredForecaster(always, wanted)


def why(forecasts=None, asked="all", run=RUN, features=None, **models):
    return explain_forecasts(
        forecasts=build_forecasts(DAYS, leads=(1, 2)) if forecasts is None else forecasts,
        features=build_feature_rows(DAYS) if features is None else features,
        run=run,
        params=SimpleNamespace(reasons=asked),
        policy=build_feature_params(),
        **(models or {"pm25": Shelf()}),
    )


def test_each_forecast_is_explained_under_its_key():
    forecasts, reasons = build_forecasts(DAYS, leads=(1, 2)), schemas.ForecastReasons.validate(why())
    key = ["site_id", "pollutant", "origin_date", "target_date", "lead_days"]
    assert reasons[key].to_numpy().tolist() == forecasts[key].to_numpy().tolist()


def test_a_persistent_8_is_3_above_the_usual_5_because_of_yesterday():
    [reason] = why(build_forecasts(DAYS[:1])).itertuples()
    assert (reason.usual, reason.yesterday, reason.expected, reason.main_reason) == (5.0, 3.0, 8.0, "yesterday")
    assert reason.in_words == "8.0 µg/m³, 3.0 above the usual 5.0: yesterday +3.0"


@pytest.mark.parametrize(("asked", "days"), [("latest", DAYS[-1:]), ("all", DAYS), ("none", [])])
def test_reasons_are_given_for_the_origins_that_are_asked_for(asked, days):
    assert why(asked=asked)["origin_date"].drop_duplicates().tolist() == [pd.Timestamp(day) for day in days]


def test_a_lead_that_was_not_issued_is_not_explained():
    assert why(build_forecasts(DAYS[:1], leads=(2,)))["lead_days"].tolist() == [2]


def test_the_version_that_made_a_forecast_explains_it():
    other = build_forecasts(DAYS[:1], site_id="06-037-0001", model_version="2")
    features = pd.concat([build_feature_rows(DAYS[:1], site_id=site) for site in ("06-037-0001", "06-037-1103")])
    reasons = schemas.ForecastReasons.validate(why(pd.concat([build_forecasts(DAYS[:1]), other]), features=features))
    assert reasons["usual"].tolist() == [6.0, 5.0]


@pytest.mark.parametrize("forecasts", [None, build_forecasts([])])
def test_where_nothing_is_explained_the_table_is_empty_and_typed(forecasts):
    reasons = why(forecasts, asked="all" if forecasts is not None else "none")
    assert reasons.dtypes.to_dict() == schemas.empty("ForecastReasons").dtypes.to_dict()
    assert reasons.empty


@pytest.mark.parametrize("asked", ["all", "none"])
def test_reasons_are_marked_with_their_run(asked):
    assert not made_for(why(asked=asked), build_run(area={"state": "06"}, horizon_days=2))


def test_the_table_has_a_column_for_each_group_of_features():
    assert set(GROUP_COLUMNS) < set(schemas.empty("ForecastReasons").columns)
