"""Rolling origins, scores, and the champion."""

from airwatch.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
