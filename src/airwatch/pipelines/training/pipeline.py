"""The training pipeline: one namespace for each criteria pollutant, then one join."""

from kedro.pipeline import Node, Pipeline, pipeline

from airwatch.domain.pollutants import CRITERIA
from airwatch.pipelines.training.champion import choose_warning_cuts, fit_champion
from airwatch.pipelines.training.contest import hold_contest
from airwatch.pipelines.training.nodes import (
    backtest_candidates,
    collect_examples,
    join_backtests,
    judge_candidates,
    score_candidates,
)
from airwatch.pipelines.training.plots import (
    plot_coverage_by_level,
    plot_error_by_season,
    plot_reliability,
    plot_skill_by_lead,
    plot_worst_misses,
)
from airwatch.pipelines.training.tuning import tune_candidates

KINDS = ("forecasts", "scores", "gate")
PLOTS = {
    plot_skill_by_lead: "scores",
    plot_coverage_by_level: "scores",
    plot_error_by_season: "scores",
    plot_reliability: "forecasts",
    plot_worst_misses: "forecasts",
}


def create_pipeline() -> Pipeline:
    """From ``features`` to registered champions and the tables of their rolling origins."""
    pollutants = [
        pipeline(
            _of_one_pollutant(),
            namespace=name,
            inputs={"features", "daily_observations", "sites", "engines"},
            parameters={"params:run", "params:training", "params:feature_engineering"},
            prefix_datasets_with_namespace=True,
        )
        for name in CRITERIA
    ]
    tables = {f"{name}_{kind}": f"{name}.candidate_{kind}" for name in CRITERIA for kind in KINDS}
    join = Pipeline(
        [
            Node(
                join_backtests,
                inputs={"run": "params:run", **tables},
                outputs=["backtest_forecasts", "backtest_scores", "gate"],
                name="join_backtests",
            ),
            *(
                Node(
                    plot,
                    inputs={f"backtest_{kind}": f"backtest_{kind}", "run": "params:run"},
                    outputs=plot.__name__.removeprefix("plot_"),
                    name=plot.__name__,
                )
                for plot, kind in PLOTS.items()
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
                    "engines": "engines",
                    **run,
                    **params,
                },
                outputs="examples",
                name="collect_examples",
            ),
            Node(
                tune_candidates,
                inputs={"examples": "examples", "studies": "studies", **run, **params},
                outputs="settings",
                name="tune_candidates",
            ),
            Node(
                backtest_candidates,
                inputs={"examples": "examples", **run, "params": "settings"},
                outputs=["candidate_forecasts", "residuals", "fit_gaps"],
                name="backtest_candidates",
            ),
            Node(
                judge_candidates,
                inputs={"candidate_forecasts": "candidate_forecasts", "gaps": "fit_gaps", **params},
                outputs="decision",
                name="judge_candidates",
            ),
            Node(
                score_candidates,
                inputs={"candidate_forecasts": "candidate_forecasts", "decision": "decision", **run},
                outputs="candidate_scores",
                name="score_candidates",
            ),
            Node(
                choose_warning_cuts,
                inputs={
                    "candidate_forecasts": "candidate_forecasts",
                    "decision": "decision",
                    "pollutant": "params:pollutant",
                    **run,
                    **params,
                },
                outputs="cuts",
                name="choose_warning_cuts",
            ),
            Node(
                fit_champion,
                inputs={
                    **{name: name for name in ("examples", "residuals", "fit_gaps", "candidate_scores")},
                    "decision": "decision",
                    "cuts": "cuts",
                    **run,
                    "params": "settings",
                },
                outputs="fitted_model",
                name="fit_champion",
            ),
            Node(
                hold_contest,
                inputs={
                    **{name: name for name in ("fitted_model", "decision", "candidate_forecasts", "examples")},
                    "registered_models": "registered_models",
                    **run,
                    **params,
                },
                outputs=["model", "model_card", "candidate_gate"],
                name="hold_contest",
            ),
        ]
    )
