"""The five pipelines, by name, and what the rest of the project needs to know of them."""

from __future__ import annotations

from functools import cache

from kedro.pipeline import Pipeline
from pydantic import BaseModel

from airwatch.pipelines import feature_engineering, inference, ingestion, monitoring, training
from airwatch.pipelines.feature_engineering.params import FeatureEngineeringParams
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.monitoring.params import MonitoringParams
from airwatch.pipelines.training.params import TrainingParams

PARAMETER_GROUPS: dict[str, type[BaseModel]] = {
    "ingestion": IngestionParams,
    "feature_engineering": FeatureEngineeringParams,
    "training": TrainingParams,
    "inference": InferenceParams,
    "monitoring": MonitoringParams,
}


def register_pipelines() -> dict[str, Pipeline]:
    """Each pipeline under its name, and all five under ``__default__``."""
    pipelines = {
        "ingestion": ingestion.create_pipeline(),
        "feature_engineering": feature_engineering.create_pipeline(),
        "training": training.create_pipeline(),
        "inference": inference.create_pipeline(),
        "monitoring": monitoring.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), start=Pipeline([]))}


@cache
def makers() -> dict[str, str]:
    """The pipeline that makes each dataset."""
    pipelines = register_pipelines()
    return {
        output: name
        for name, pipeline in pipelines.items()
        if name != "__default__"
        for output in pipeline.all_outputs()
    }
