"""The monitoring pipeline: what matured, what is fresh, what drifted, and one decision."""

from kedro.pipeline import Node, Pipeline

from airwatch.pipelines.monitoring.alerts import send_alerts
from airwatch.pipelines.monitoring.changes import find_drift, mark_smoke
from airwatch.pipelines.monitoring.decision import summarise_monitoring
from airwatch.pipelines.monitoring.drift import report_drift
from airwatch.pipelines.monitoring.epa_verification import verify_beside_epa
from airwatch.pipelines.monitoring.freshness import check_freshness
from airwatch.pipelines.monitoring.index import write_index
from airwatch.pipelines.monitoring.maturity import gather_matured
from airwatch.pipelines.monitoring.plots import plot_verified_chances, plot_verified_coverage, plot_verified_skill
from airwatch.pipelines.monitoring.provisional import compare_provisional, judge_provisional
from airwatch.pipelines.monitoring.quality import check_quality
from airwatch.pipelines.monitoring.regression import report_regression
from airwatch.pipelines.monitoring.revisions import note_revisions
from airwatch.pipelines.monitoring.verification import verify_chances, verify_forecasts
from airwatch.pipelines.monitoring.verification_page import write_verification


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
                verify_chances,
                inputs={"matured_forecasts": "matured_forecasts"},
                outputs="verified_chances",
                name="verify_chances",
            ),
            Node(
                verify_beside_epa,
                inputs={
                    "matured_forecasts": "matured_forecasts",
                    "epa_forecasts": "epa_forecasts",
                    "sites": "sites",
                },
                outputs="epa_verification",
                name="verify_beside_epa",
            ),
            Node(
                note_revisions,
                inputs={
                    "known_observations": "known_observations",
                    "matured_forecasts": "matured_forecasts",
                    "sites": "sites",
                    "run": "params:run",
                },
                outputs=["verified_observations", "revised_observations"],
                name="note_revisions",
            ),
            Node(
                write_verification,
                inputs={
                    "verification": "verification",
                    "verified_chances": "verified_chances",
                    "epa_verification": "epa_verification",
                    "revised_observations": "revised_observations",
                    "matured_forecasts": "matured_forecasts",
                    "sites": "sites",
                    **settled,
                },
                outputs="verification_page",
                name="write_verification",
            ),
            Node(
                check_freshness,
                inputs={"daily_observations": "daily_observations", "sites": "sites", **settled},
                outputs="freshness",
                name="check_freshness",
            ),
            Node(
                check_quality,
                inputs={
                    "daily_observations": "daily_observations",
                    "daily_summaries": "daily_summaries",
                    "sites": "sites",
                    "policy": "params:feature_engineering",
                    **settled,
                },
                outputs="data_quality",
                name="check_quality",
            ),
            Node(
                compare_provisional,
                inputs={
                    "daily_observations": "daily_observations",
                    "airnow_daily": "airnow_daily",
                    "run": "params:run",
                },
                outputs="provisional_differences",
                name="compare_provisional",
            ),
            Node(
                judge_provisional,
                inputs={"provisional_differences": "provisional_differences", **settled},
                outputs="provisional_agreement",
                name="judge_provisional",
            ),
            Node(
                mark_smoke,
                inputs={
                    "daily_observations": "daily_observations",
                    "sites": "sites",
                    "policy": "params:feature_engineering",
                    **settled,
                },
                outputs="smoke_days",
                name="mark_smoke",
            ),
            Node(
                report_drift,
                inputs={
                    "features": "features",
                    "daily_observations": "daily_observations",
                    "smoke_days": "smoke_days",
                    **settled,
                },
                outputs=["drift_report_html", "drift_report"],
                name="report_drift",
            ),
            Node(
                find_drift,
                inputs={
                    "daily_observations": "daily_observations",
                    "sites": "sites",
                    "smoke_days": "smoke_days",
                    "matured_forecasts": "matured_forecasts",
                    "backtest_forecasts": "backtest_forecasts",
                    "drift_report": "drift_report",
                    "policy": "params:feature_engineering",
                    **settled,
                },
                outputs="drift",
                name="find_drift",
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
                    "matured_forecasts": "matured_forecasts",
                    "freshness": "freshness",
                    "drift_report": "drift_report",
                    "regression_report": "regression_report",
                    "provisional_agreement": "provisional_agreement",
                    "data_quality": "data_quality",
                    "drift": "drift",
                    "sites": "sites",
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
            Node(
                plot_verified_coverage,
                inputs={"verification": "verification", "run": "params:run"},
                outputs="verified_coverage_by_lead",
                name="plot_verified_coverage",
            ),
            Node(
                plot_verified_chances,
                inputs={"verified_chances": "verified_chances", "run": "params:run"},
                outputs="verified_reliability",
                name="plot_verified_chances",
            ),
            Node(
                send_alerts,
                inputs={
                    "known_incidents": "known_incidents",
                    "monitoring_summary": "monitoring_summary",
                    "data_quality": "data_quality",
                    "sites": "sites",
                    "alert_channels": "alert_channels",
                    **settled,
                },
                outputs="incidents",
                name="send_alerts",
            ),
            Node(
                write_index,
                inputs={
                    "monitoring_summary": "monitoring_summary",
                    "incidents": "incidents",
                    "verification": "verification",
                    "sites": "sites",
                    "report_files": "report_files",
                    "run": "params:run",
                },
                outputs="report_index",
                name="write_index",
            ),
        ],
        tags="monitoring",
    )
