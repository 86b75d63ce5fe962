"""A run that imports and compiles all there is, done at the import: the runs of ``forked_runs`` are forked after it."""

import os
from tempfile import TemporaryDirectory

from kedro.framework.startup import bootstrap_project

import airwatch.stores.s3  # noqa: F401
import conftest  # noqa: F401 - a database need not wait for the disk
from forked_runs import PROJECT, run

SHORT = "area.site=99-001-0001,neighbourhood_km=0,first_year=2021,as_of=2021-02-28,pollutants=pm25"

os.chdir(PROJECT)
bootstrap_project(PROJECT)
with TemporaryDirectory() as folder:
    os.environ.update(AIRWATCH_DATA_ROOT=folder, MLFLOW_TRACKING_URI="")
    run("--pipelines", "ingestion,feature_engineering", "--params", SHORT)
