"""From daily summaries to one value for each site and day, and to the one table of features."""

from airwatch.pipelines.feature_engineering.pipeline import create_pipeline

__all__ = ["create_pipeline"]
