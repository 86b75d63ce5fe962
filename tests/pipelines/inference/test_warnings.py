import logging
from types import SimpleNamespace

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.forecasting.warnings import Cut, WarningCuts
from airwatch.model_registry import RegisteredForecaster
from airwatch.pipelines.inference.issued import ModelGoneError
from airwatch.pipelines.inference.warnings import issue_warnings
from airwatch.scope import made_for
from builders import build_run
from builders_monitoring import build_forecasts

RUN = build_run()


def cuts(at, threshold=100, lead_days=1):
    record = {"forecasts": 100, "events": 10, "hits": 7, "misses": 3, "false_alarms": 6}
    return Cut(threshold=threshold, lead_days=lead_days, cut=at, basis="observed", cost_of_miss=3.0, **record)


class Shelf:
    """Each version's forecaster has one cut at each threshold and lead."""

    name = "airwatch-pm25"

    def __init__(self, **versions):
        self.versions = {version.removeprefix("v"): at for version, at in versions.items()}

    def load(self, wanted="champion"):
        at = self.versions.get(wanted)
        all_cuts = WarningCuts(tuple(cuts(at, threshold, lead) for threshold in (50, 100, 150) for lead in (1, 2)))
        return at and RegisteredForecaster(SimpleNamespace(cuts=all_cuts), wanted)


def issue(forecasts, **models):
    return issue_warnings(forecasts, RUN, **(models or {"pm25": Shelf(v1=0.25)}))


def forecast(*chances, **columns):
    """Forecasts of consecutive origins, by their chance of an AQI above 100."""
    origins = [f"2023-12-{day:02d}" for day in range(1, len(chances) + 1)]
    return build_forecasts(origins, p_aqi_above_50=0.1, p_aqi_above_100=chances, **columns).astype(
        {"p_aqi_above_50": float, "p_aqi_above_100": float}
    )


def test_issue_warnings_keeps_the_forecasts_whose_chance_has_reached_the_cut():
    warnings = schemas.Warnings.validate(issue(forecast(0.2, 0.25, 0.6)))
    assert warnings["origin_date"].tolist() == [pd.Timestamp("2023-12-02"), pd.Timestamp("2023-12-03")]
    assert warnings[["threshold", "chance", "cut"]].to_numpy().tolist() == [[100, 0.25, 0.25], [100, 0.6, 0.25]]


def test_a_warning_tells_what_became_of_such_warnings():
    record = issue(forecast(0.6)).iloc[0]
    assert (record["hits"], record["misses"], record["false_alarms"], record["events"]) == (7, 3, 6, 10)
    assert (record["cost_of_miss"], record["basis"]) == (3.0, "observed")


def test_a_forecast_can_warn_of_several_thresholds():
    warnings = schemas.Warnings.validate(issue(build_forecasts(p_aqi_above_50=0.9, p_aqi_above_100=0.5)))
    assert warnings["threshold"].tolist() == [50, 100]


def test_warnings_are_sorted_by_key_whatever_model_made_them():
    both = pd.concat([forecast(0.6, site_id="06-037-1201", model_version="1"), forecast(0.6, model_version="2")])
    warnings = schemas.Warnings.validate(issue(both, pm25=Shelf(v1=0.25, v2=0.5)))
    assert warnings[["site_id", "cut"]].to_numpy().tolist() == [["06-037-1103", 0.5], ["06-037-1201", 0.25]]


def test_each_pollutant_is_warned_of_by_its_own_model():
    both = pd.concat([forecast(0.4), forecast(0.4, pollutant="ozone")])
    assert issue(both, pm25=Shelf(v1=0.5), ozone=Shelf(v1=0.3))["pollutant"].tolist() == ["ozone"]


@pytest.mark.parametrize("forecasts", [forecast(0.2), forecast(0.2).iloc[:0]])
def test_where_nothing_is_warned_of_the_table_is_empty_and_typed(forecasts):
    warnings = issue(forecasts)
    assert warnings.dtypes.to_dict() == schemas.empty("Warnings").dtypes.to_dict()
    assert warnings.empty


@pytest.mark.parametrize("chance", [0.2, 0.6])
def test_warnings_are_marked_with_their_run(chance):
    warnings = issue(forecast(chance))
    assert made_for(warnings, RUN)
    assert not made_for(warnings, build_run(area={"state": "06"}))


def test_a_model_that_left_the_registry_is_named():
    message = (
        "forecasts of pm25 were made by airwatch-pm25 version 1, which is not in the registry. "
        "Make them again: kedro run --pipelines inference"
    )
    with pytest.raises(ModelGoneError) as gone:
        issue(forecast(0.6), pm25=Shelf(v2=0.25))
    assert str(gone.value) == message


def test_the_log_tells_how_many_warnings_there_are(caplog):
    caplog.set_level(logging.INFO, "airwatch")
    issue(forecast(0.6, 0.1))
    assert "1 warnings in 2 forecasts" in caplog.text
