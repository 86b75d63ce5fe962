"""The inference pipeline: one namespace for each criteria pollutant, then one join."""

from kedro.pipeline import Node, Pipeline, pipeline

from airwatch.domain.pollutants import CRITERIA
from airwatch.pipelines.inference.nodes import issue_forecasts, join_forecasts
from airwatch.pipelines.inference.plots import plot_forecast_fan
from airwatch.pipelines.inference.reasons import explain_forecasts
from airwatch.pipelines.inference.warnings import issue_warnings


def create_pipeline() -> Pipeline:
    """From ``features`` and the champions to ``forecasts`` and the ledger."""
    pollutants = [
        pipeline(
            _of_one_pollutant(),
            namespace=name,
            inputs={"features", "daily_observations", "sites", "engines"},
            parameters={"params:run", "params:inference", "params:feature_engineering"},
            prefix_datasets_with_namespace=True,
        )
        for name in CRITERIA
    ]
    models = {name: f"{name}.model" for name in CRITERIA}
    join = Pipeline(
        [
            Node(
                join_forecasts,
                inputs={
                    "issued": "issued_forecasts",
                    "run": "params:run",
                    **{name: f"{name}.forecasts" for name in CRITERIA},
                },
                outputs=["forecasts", "forecast_ledger"],
                name="join_forecasts",
            ),
            Node(
                issue_warnings,
                inputs={"forecasts": "forecasts", "run": "params:run", **models},
                outputs="warnings",
                name="issue_warnings",
            ),
            Node(
                explain_forecasts,
                inputs={
                    "forecasts": "forecasts",
                    "features": "features",
                    "run": "params:run",
                    "params": "params:inference",
                    "policy": "params:feature_engineering",
                    **models,
                },
                outputs="forecast_reasons",
                name="explain_forecasts",
            ),
            Node(
                plot_forecast_fan,
                inputs={
                    "forecasts": "forecasts",
                    "daily_observations": "daily_observations",
                    "sites": "sites",
                    "run": "params:run",
                },
                outputs="forecast_fan",
                name="plot_forecast_fan",
            ),
        ],
        tags="join",
    )
    return Pipeline([*pollutants, join], tags="inference")


def _of_one_pollutant() -> Pipeline:
    return Pipeline(
        [
            Node(
                issue_forecasts,
                inputs={
                    "features": "features",
                    "daily_observations": "daily_observations",
                    "sites": "sites",
                    "model": "model",
                    "pollutant": "params:pollutant",
                    "run": "params:run",
                    "params": "params:inference",
                    "policy": "params:feature_engineering",
                    "engines": "engines",
                },
                outputs="forecasts",
                name="issue_forecasts",
            )
        ]
    )
