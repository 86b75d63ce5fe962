"""The workers of a Dask cluster: the same results as here, workers that die, and what is refused."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from pandas.testing import assert_frame_equal

from airwatch import cluster as clusters
from airwatch.cluster import Cluster, ClusterError, Engines, close_all
from airwatch.engine import Threads
from airwatch.tables import StoredTable
from builders import build_run
from builders_cluster import Days, number
from conftest import PROJECT
from dask_on_loopback import SOURCES, scheduler, worker
from epa_on_loopback import one_line

FULL = Path("/dev/full")
AREA = "area.county=99001,first_year=2022,neighbourhood_km=0,as_of=2022-12-31,pollutants=pm25"
SMALL = "training.unjudged=xgboost,training.candidates.xgboost.n_estimators=5,feature_engineering.block_rows=400"
SMALL += ",training.backtest.min_train_days=200,training.backtest.fold_days=60"
WORK = "feature_engineering,training,inference"
FEATURES, FORECASTS = "04_feature/features", "07_model_output/forecasts.parquet"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def on(fresh_mlflow_db: Path, bootstrapped: None) -> Iterator[Run]:
    """``on(root, address, "--pipelines", "training")``: the project's ``kedro run``; without an address here."""
    from airwatch.cli import cli

    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(PROJECT)
        for name in ("EPA_AQS_EMAIL", "EPA_AQS_API_KEY", "EPA_AQS_BASE_URL", "MLFLOW_TRACKING_URI"):
            environment.setenv(name, "")

        def run(root: Path, address: str | None, pipelines: str) -> Result:
            environment.setenv("AIRWATCH_DATA_ROOT", str(root))
            environment.setenv("DASK_SCHEDULER_ADDRESS", address or "")
            env = [] if address is None else ["--env", "cluster"]
            arguments = ["run", *env, "--pipelines", pipelines, "--params", f"{AREA},{SMALL}"]
            return CliRunner().invoke(cli, arguments)

        yield run


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two data roots, one for a run in this process, one for a run on a cluster."""
    folder = tmp_path_factory.mktemp("roots")
    return folder / "here", folder / "there"


@pytest.fixture(scope="module")
def distributed_run(
    on: Run, roots: tuple[Path, Path], fresh_mlflow_db: Path, two_workers: Cluster, dask_address: str
) -> str:
    """Features, a model and forecasts of one county, here and by two worker processes; what the second run printed."""
    here, there = roots
    for root in roots:
        root.mkdir()
        shutil.copy(fresh_mlflow_db, root / "mlflow.db")
    result = on(here, None, f"ingestion,{WORK}")
    assert result.exit_code == 0, result.output
    for made in ("01_raw", "02_intermediate"):
        shutil.copytree(here / made, there / made)
    result = on(there, dask_address, WORK)
    assert result.exit_code == 0, result.output
    return result.output


def features_of(root: Path) -> pd.DataFrame:
    from fsspec.implementations.local import LocalFileSystem

    folder = root / FEATURES
    return StoredTable(LocalFileSystem(), str(folder if folder.is_dir() else f"{folder}.parquet")).read()


def test_two_workers_build_the_same_features_to_the_bit(distributed_run: str, roots: tuple[Path, Path]) -> None:
    here, there = map(features_of, roots)
    assert_frame_equal(there, here, check_exact=True)
    assert len(list((roots[1] / FEATURES).glob("*.parquet"))) >= 4
    assert not (roots[1] / f"{FEATURES}.parquet").exists()


def test_two_workers_train_and_forecast_the_same(distributed_run: str, roots: tuple[Path, Path]) -> None:
    here, there = (pd.read_parquet(root / FORECASTS) for root in roots)
    assert len(here) >= 7 * 5, distributed_run
    # Sums over all workers may round otherwise than sums over all rows; here they do not, to the bit.
    assert_frame_equal(there, here, rtol=1e-5)


def test_a_run_on_a_cluster_prints_lines_of_airwatch_alone(distributed_run: str) -> None:
    assert "xgboost forecasts PM2.5" in distributed_run
    for noise in ("distributed", "nanny", "got rank", "Sending large graph", "Traceback", "WARNING"):
        assert noise not in distributed_run


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which stands for a full disk")
def test_a_part_that_fails_is_named_in_one_line_and_the_old_table_stays(
    on: Run, distributed_run: str, roots: tuple[Path, Path], dask_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = roots[1]
    before = features_of(there)
    monkeypatch.setattr("airwatch.parts._turn", lambda: "again")
    part = there / FEATURES / "again-00001.parquet"
    part.with_name(f"{part.name}.part").symlink_to(FULL)
    line = one_line(on(there, dask_address, "feature_engineering"))
    assert line.startswith("Error: The cluster failed at the features of pm25 at 99-001-")
    assert f"No space left on device: '{part}'" in line
    assert_frame_equal(features_of(there), before)


def test_workers_of_its_own_say_nothing_and_leave_the_log_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    file = logging.StreamHandler(StringIO())
    logging.getLogger("distributed").addHandler(file)
    try:
        own = Engines().of(build_run(engine="dask"))
        assert len(own.workers) >= 2
        assert file.level == logging.NOTSET
        with pytest.raises(ClusterError, match="failed at the days of 06-037-0001: a mistake"):
            list(own.map(Days.frame, [Days("06-037-0001", fails=ValueError("a mistake"))]))
        close_all()
    finally:
        logging.getLogger("distributed").removeHandler(file)
    printed = capfd.readouterr()
    assert "distributed" not in printed.out + printed.err
    assert "a mistake" not in printed.out + printed.err


def test_a_scheduler_that_is_not_there_is_named_in_one_line(
    on: Run, distributed_run: str, roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clusters.CONNECT_SECONDS <= 10
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 0.3)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        line = one_line(on(roots[1], address, "feature_engineering"))
    assert f"No Dask scheduler answers at {address}. Start one (make up-cluster)" in line


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:http", "xyz://127.0.0.1:1"])
def test_an_address_that_is_none_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 0.3)
    with pytest.raises(ClusterError, match=f"No Dask scheduler answers at {address}"):
        Cluster.connect(address, 2)


def test_a_scheduler_without_workers_and_workers_of_another_airwatch_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SOURCES / "airwatch", tmp_path / "airwatch", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "airwatch/__init__.py").write_text('"""Another."""\n\n__version__ = "9.9.9"\n')
    with scheduler(tmp_path) as address:
        with monkeypatch.context() as hasty:
            hasty.setattr(clusters, "CONNECT_SECONDS", 0.5)
            with pytest.raises(ClusterError, match=f"{address} has no worker. Start some: dask worker"):
                Cluster.connect(address, 2)
        refused = pytest.raises(ClusterError, match=r"The worker tcp://127.* runs AirWatch 9\.9\.9 \([0-9a-f]{8}\) and")
        with worker(tmp_path, address, sources=tmp_path), refused:
            Cluster.connect(address, 2)


def test_results_come_in_the_order_of_the_items(cluster: Cluster) -> None:
    assert list(cluster.map(number, ["a" * length for length in (3, 1, 2, 5, 4, 0, 7)])) == [3, 1, 2, 5, 4, 0, 7]


def test_what_is_large_is_sent_without_a_word(cluster: Cluster) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(cluster.map(number, [bytes(12_000_000)])) == [12_000_000]


def test_an_item_that_fails_is_named(cluster: Cluster, tmp_path: Path) -> None:
    never = tmp_path / "no folder" / "died"
    with pytest.raises(ClusterError, match=r"failed at the days of 06-037-0001: .*No such file"):
        list(cluster.map(Days.frame, [Days("06-037-0001", dies=never)]))


def test_a_run_here_needs_no_dask() -> None:
    assert Engines("tcp://127.0.0.1:1").of(build_run(), threads=2) == Threads(2)
    at_import = re.compile(r"^(import|from) (dask|distributed|xgboost\.(dask|tracker))\b", re.MULTILINE)
    assert [path for path in SOURCES.rglob("*.py") if at_import.search(path.read_text())] == []


def test_a_cluster_without_dask_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'airwatch\[cluster\]'"):
        Engines().of(build_run(engine="dask"))


def test_a_run_connects_once_and_lets_go_at_its_end(dask_address: str, two_workers: Cluster) -> None:
    engines, run = Engines(dask_address), build_run(engine="dask")
    first = engines.of(run)
    assert engines.of(run) is first
    close_all()
    again = engines.of(run)
    assert again is not first
    close_all()
