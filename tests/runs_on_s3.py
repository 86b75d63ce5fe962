"""Short runs on S3: the tables of one site of the sandbox, made in a second."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from s3_on_loopback import S3
from whole_runs import commands

# Where prod keeps what lies in these folders of a local data root.
PREFIXES = {
    "01_raw": "raw",
    "02_intermediate": "processed/intermediate",
    "03_primary": "processed/primary",
    "04_feature": "processed/features",
    "06_models": "models",
    "07_model_output": "predictions",
    "08_reporting": "reports",
}
Objects = Mapping[str, bytes]


def in_prod(root: Path) -> dict[str, Path]:
    """The files of a local data root, by the names that they have in prod."""
    return {
        f"{prefix}/{path.relative_to(root / folder)}": path
        for folder, prefix in PREFIXES.items()
        for path in (root / folder).rglob("*")
        if path.is_file() and "request_pace" not in path.parts
    }


# The arguments of runs: a first one, one that needs another pollutant, and one that makes tables to an earlier day.
SITE = "area.site=99-001-0001,neighbourhood_km=0,first_year=2021"
FIRST = ("--pipelines", "ingestion,feature_engineering", "--params", f"{SITE},as_of=2021-06-30,pollutants=pm25")
MORE = (*FIRST[:3], f"{SITE},as_of=2021-06-30,pollutants=pm25+ozone")
EARLIER = ("--pipelines", "feature_engineering", "--params", f"{SITE},as_of=2021-04-30,pollutants=pm25")
Arguments = tuple[str, ...]


@dataclass(frozen=True)
class Bucket:
    """A bucket in which the first run has left its tables.

    Attributes:
        name: Of the bucket.
        folder: What S3 serves as the bucket.
        variables: Of a process that keeps its tables there, and MLflow's runs in a file.
        left: What the first run leaves, and each of the others after it, where nobody disturbs it.
    """

    name: str
    folder: Path
    variables: Mapping[str, str]
    left: Mapping[Arguments, Objects]

    def objects(self) -> Objects:
        """All that is stored, but for what the server hides: uploads that it did not get to the end of."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and ".rclone_temp_" not in path.name)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


OnS3 = tuple[Bucket, Callable[[Arguments], Result]]


@pytest.fixture(scope="session")
def left_here(
    fresh_mlflow_db: Path, bootstrapped: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[Arguments, Objects]:
    """What the runs leave in the default environment."""
    root = tmp_path_factory.mktemp("left_here") / "data"
    left: dict[Arguments, Objects] = {}
    with commands(fresh_mlflow_db) as kedro:
        for arguments in (FIRST, EARLIER, MORE):
            *pipelines, _, params = arguments
            kedro(root)(params, *pipelines)
            left[arguments] = {name: path.read_bytes() for name, path in in_prod(root).items()}
    return left


@pytest.fixture
def stocked(
    s3: S3, bucket_names: Iterator[str], left_here: dict[Arguments, Objects], fresh_mlflow_db: Path, tmp_path: Path
) -> Callable[[], Bucket]:
    """``stocked()``: another bucket with the tables of the first run."""

    def stock() -> Bucket:
        name = next(bucket_names)
        s3.make_bucket(name)
        for place, content in left_here[FIRST].items():
            path = s3.folder / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        state = tmp_path / name
        state.mkdir()
        shutil.copy(fresh_mlflow_db, state / "mlflow.db")
        kept_here = {"AIRWATCH_DATA_ROOT": str(state), "MLFLOW_TRACKING_URI": f"sqlite:///{state}/mlflow.db"}
        return Bucket(name, s3.folder / name, {**s3.variables(name), **kept_here}, left_here)

    return stock


@pytest.fixture
def on_s3(stocked: Callable[[], Bucket], airwatch: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> OnS3:
    """Such a bucket, and ``run(arguments)``: the ``kedro run --env prod`` of this process upon it."""
    bucket = stocked()
    for name, value in bucket.variables.items():
        monkeypatch.setenv(name, value)
    return bucket, lambda arguments: airwatch("run", "--env", "prod", *arguments)
