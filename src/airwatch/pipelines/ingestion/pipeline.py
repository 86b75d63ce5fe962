"""The ingestion pipeline: monitors, then one slice after another, then typed tables."""

from kedro.pipeline import Node, Pipeline

from airwatch.pipelines.ingestion.airnow import fetch_airnow
from airwatch.pipelines.ingestion.airnow_tables import tidy_airnow
from airwatch.pipelines.ingestion.monitors import tidy_monitors
from airwatch.pipelines.ingestion.nodes import fetch_daily, fetch_monitors
from airwatch.pipelines.ingestion.tidy import tidy_summaries


def create_pipeline() -> Pipeline:
    """From EPA's services, or from files, to ``daily_summaries`` and ``monitors``; from AirNow, to later days."""
    settled = {"run": "params:run", "params": "params:ingestion"}
    return Pipeline(
        [
            Node(
                fetch_monitors,
                inputs={"services": "epa_services", "index": "raw_aqs_index", **settled},
                outputs="raw_aqs_monitors",
                name="fetch_monitors",
            ),
            Node(
                tidy_monitors,
                inputs={"archive": "raw_aqs_monitors", "run": "params:run"},
                outputs="monitors",
                name="tidy_monitors",
            ),
            Node(
                fetch_daily,
                inputs={"services": "epa_services", "index": "raw_aqs_index", "monitors": "monitors", **settled},
                outputs="raw_aqs_daily",
                name="fetch_daily",
            ),
            Node(
                tidy_summaries,
                inputs={"archive": "raw_aqs_daily", "monitors": "monitors", **settled},
                outputs="daily_summaries",
                name="tidy_summaries",
            ),
            Node(
                fetch_airnow,
                inputs={
                    "services": "epa_services",
                    "index": "raw_aqs_index",
                    "daily_summaries": "daily_summaries",
                    **settled,
                },
                outputs="raw_airnow",
                name="fetch_airnow",
            ),
            Node(
                tidy_airnow,
                inputs={"archive": "raw_airnow", "monitors": "monitors", **settled},
                outputs=["airnow_daily", "epa_forecasts", "dropped_airnow"],
                name="tidy_airnow",
            ),
        ],
        tags="ingestion",
    )
