"""The training pipeline: one namespace for each criteria pollutant, then one join."""

from kedro.pipeline import Node, Pipeline, pipeline

from airwatch.domain.pollutants import CRITERIA
from airwatch.pipelines.training.nodes import (
    backtest_candidates,
    collect_examples,
    fit_champion,
    join_backtests,
    score_candidates,
)
from airwatch.pipelines.training.plots import plot_skill_by_lead


def create_pipeline() -> Pipeline:
    """From ``features`` to registered champions and the tables of their rolling origins."""
    pollutants = [
        pipeline(
            _of_one_pollutant(),
            namespace=name,
            inputs={"features", "daily_observations", "sites"},
            parameters={"params:run", "params:training", "params:feature_engineering"},
            prefix_datasets_with_namespace=True,
        )
        for name in CRITERIA
    ]
    tables = {f"{name}_{kind}": f"{name}.candidate_{kind}" for name in CRITERIA for kind in ("forecasts", "scores")}
    join = Pipeline(
        [
            Node(
                join_backtests,
                inputs={"run": "params:run", **tables},
                outputs=["backtest_forecasts", "backtest_scores"],
                name="join_backtests",
            ),
            Node(
                plot_skill_by_lead,
                inputs={"backtest_scores": "backtest_scores", "run": "params:run"},
                outputs="skill_by_lead",
                name="plot_skill_by_lead",
            ),
        ],
        tags="join",
    )
    return Pipeline([*pollutants, join], tags="training")


def _of_one_pollutant() -> Pipeline:
    run, params = {"run": "params:run"}, {"params": "params:training"}
    return Pipeline(
        [
            Node(
                collect_examples,
                inputs={
                    "features": "features",
                    "daily_observations": "daily_observations",
                    "sites": "sites",
                    "pollutant": "params:pollutant",
                    "policy": "params:feature_engineering",
                    **run,
                },
                outputs="examples",
                name="collect_examples",
            ),
            Node(
                backtest_candidates,
                inputs={"examples": "examples", **run, **params},
                outputs=["candidate_forecasts", "residuals"],
                name="backtest_candidates",
            ),
            Node(
                score_candidates,
                inputs={"candidate_forecasts": "candidate_forecasts", "pollutant": "params:pollutant", **run},
                outputs="candidate_scores",
                name="score_candidates",
            ),
            Node(
                fit_champion,
                inputs={
                    "examples": "examples",
                    "residuals": "residuals",
                    "candidate_scores": "candidate_scores",
                    **run,
                    **params,
                },
                outputs="model",
                name="fit_champion",
            ),
        ]
    )
