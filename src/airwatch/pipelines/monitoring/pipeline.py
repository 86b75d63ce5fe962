"""The monitoring pipeline: what matured, what is fresh, what drifted, and one decision."""

from kedro.pipeline import Node, Pipeline

from airwatch.pipelines.monitoring.decision import summarise_monitoring
from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.freshness import check_freshness
from airwatch.pipelines.monitoring.maturity import gather_matured
from airwatch.pipelines.monitoring.plots import plot_verified_skill
from airwatch.pipelines.monitoring.regression import report_regression
from airwatch.pipelines.monitoring.verification import verify_forecasts


def create_pipeline() -> Pipeline:
    """From forecasts and observations to ``verification``, the reports and ``monitoring_summary``."""
    settled = {"run": "params:run", "params": "params:monitoring"}
    return Pipeline(
        [
            Node(
                gather_matured,
                inputs={
                    "forecast_ledger": "forecast_ledger",
                    "forecasts": "forecasts",
                    "backtest_forecasts": "backtest_forecasts",
                    "daily_observations": "daily_observations",
                    "features": "features",
                    **settled,
                },
                outputs="matured_forecasts",
                name="gather_matured",
            ),
            Node(
                verify_forecasts,
                inputs={"matured_forecasts": "matured_forecasts", "sites": "sites", **settled},
                outputs="verification",
                name="verify_forecasts",
            ),
            Node(
                check_freshness,
                inputs={"daily_observations": "daily_observations", "sites": "sites", **settled},
                outputs="freshness",
                name="check_freshness",
            ),
            Node(
                report_drift,
                inputs={"features": "features", "daily_observations": "daily_observations", **settled},
                outputs=["drift_report_html", "drift_report"],
                name="report_drift",
            ),
            Node(
                report_regression,
                inputs={"matured_forecasts": "matured_forecasts", **settled},
                outputs=["regression_report_html", "regression_report"],
                name="report_regression",
            ),
            Node(
                summarise_monitoring,
                inputs={
                    "verification": "verification",
                    "freshness": "freshness",
                    "drift_report": "drift_report",
                    "regression_report": "regression_report",
                    **settled,
                },
                outputs="monitoring_summary",
                name="summarise_monitoring",
            ),
            Node(
                plot_verified_skill,
                inputs={"verification": "verification", "run": "params:run"},
                outputs="verified_skill_by_lead",
                name="plot_verified_skill",
            ),
        ],
        tags="monitoring",
    )
