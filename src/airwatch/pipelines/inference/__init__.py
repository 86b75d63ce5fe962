"""From the newest rows of the feature table to forecasts."""

from airwatch.pipelines.inference.pipeline import create_pipeline

__all__ = ["create_pipeline"]
