"""The feature engineering pipeline: one value for each site and day, the sites, the one table."""

from kedro.pipeline import Node, Pipeline

from airwatch.pipelines.feature_engineering.nodes import build_features, choose_daily_values, describe_sites


def create_pipeline() -> Pipeline:
    """From ``daily_summaries`` to ``features``."""
    settled = {"run": "params:run", "params": "params:feature_engineering"}
    return Pipeline(
        [
            Node(
                choose_daily_values,
                inputs={
                    "daily_summaries": "daily_summaries",
                    "monitors": "monitors",
                    "airnow_daily": "airnow_daily",
                    **settled,
                },
                outputs=["daily_observations", "dropped_summaries"],
                name="choose_daily_values",
            ),
            Node(
                describe_sites,
                inputs={
                    "daily_summaries": "daily_summaries",
                    "daily_observations": "daily_observations",
                    **settled,
                },
                outputs="sites",
                name="describe_sites",
            ),
            Node(
                build_features,
                inputs={"daily_observations": "daily_observations", "sites": "sites", "engines": "engines", **settled},
                outputs="features",
                name="build_features",
            ),
        ],
        tags="feature_engineering",
    )
