"""A registered model brings the code it needs, and misleads nobody who has the package."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from pandas.testing import assert_frame_equal

import airwatch
from airwatch.model_registry import ModelShelf
from builders_training import forecaster

NAME = "airwatch-carried"


@pytest.fixture(scope="module")
def folder(register, first, tmp_path_factory):
    """The files of a registered model."""
    register(ModelShelf(NAME), first)
    place = str(tmp_path_factory.mktemp("model"))
    return Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}/1", dst_path=place))


@pytest.fixture(scope="module")
def without_airwatch(tmp_path_factory):
    """A Python that has all libraries and not AirWatch: files of paths are not read in a folder that one names."""
    home = tmp_path_factory.mktemp("python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin/python"


def test_mlflow_forecasts_where_airwatch_cannot_be_imported(folder, first, without_airwatch, tmp_path):
    answer = tmp_path / "answer.json"
    asked = ["-i", folder / "serving_input_example.json", "-o", answer, "-t", "json", "--env-manager", "local"]
    lost = subprocess.run([without_airwatch, "-I", "-c", "import airwatch"], capture_output=True, text=True)
    assert "No module named 'airwatch'" in lost.stderr
    done = subprocess.run(
        [without_airwatch, "-I", "-B", "-m", "mlflow", "models", "predict", "-m", folder, *asked],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said = pd.DataFrame(json.loads(answer.read_text())["predictions"])
    expected = forecaster("ridge").predict(first.example)
    numbers = expected.select_dtypes("number")
    assert_frame_equal(said[list(numbers)], numbers, check_dtype=False, check_exact=True)
    assert said["target_date"].str[:10].tolist() == expected["target_date"].dt.strftime("%Y-%m-%d").tolist()


def test_a_model_carries_what_forecasting_is_made_of_and_no_more(folder):
    carried = folder / "code/airwatch"
    assert {path.name for path in carried.iterdir()} == {"__init__.py", "domain", "forecasting"}
    assert sum(path.stat().st_size for path in carried.rglob("*")) < 500_000


def test_this_process_reads_a_model_with_the_installed_code_and_not_with_the_copy_it_carries(register, first):
    shelf, path = ModelShelf("airwatch-older"), list(sys.path)
    register(shelf, first)
    stored = MlflowClient().get_model_version_download_uri("airwatch-older", "1").removeprefix("file://")
    for module in Path(stored, "code").rglob("*.py"):
        module.write_text("raise RuntimeError('an older copy')")
    loaded = shelf.load().forecaster
    assert_frame_equal(loaded.predict(first.example), forecaster("ridge").predict(first.example), check_exact=True)
    assert sys.modules[type(loaded).__module__].__file__.startswith(str(Path(airwatch.__file__).parent))
    assert sys.path == path
