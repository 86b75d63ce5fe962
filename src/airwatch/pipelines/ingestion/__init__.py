"""From EPA's services to typed daily summaries."""

from airwatch.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
