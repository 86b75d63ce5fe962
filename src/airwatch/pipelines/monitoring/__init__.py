"""What became of the forecasts, and of the data they were made from."""

from airwatch.pipelines.monitoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
