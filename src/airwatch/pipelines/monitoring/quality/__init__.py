"""Data quality: what is wrong with the observations of each site, since when, and by how much."""

from airwatch.pipelines.monitoring.quality.check import check_quality

__all__ = ["check_quality"]
