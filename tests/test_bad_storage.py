"""Damaged files and full disks: one clear line, and what was stored stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from airwatch import schemas
from airwatch.datasets import BlocksTableDataset
from epa_on_loopback import ARCHIVE, ASKED, HARBOR, SUMMARIES, Airwatch, Epa, files, one_line

FULL = Path("/dev/full")  # every write to it finds the disk full


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:2004] = b"\0" * 2000
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, garble, empty])
def test_a_corrupt_reply_in_the_archive_is_named_with_its_remedy(
    stored: Path, ingest: Callable[[str], Result], damage: Callable[[Path], None]
) -> None:
    [reply] = (stored / ARCHIVE / "pm25").rglob("*.parquet")
    before = (stored / SUMMARIES).read_bytes()
    damage(reply)
    line = one_line(ingest(ASKED))
    assert f"{reply} is not a readable parquet table" in line
    assert "Move it away and run" in line
    assert "kedro run --pipelines ingestion" in line
    assert (stored / SUMMARIES).read_bytes() == before


def test_moving_a_corrupt_reply_away_mends_the_archive(
    epa: Epa, stored: Path, ingest: Callable[[str], Result], tmp_path: Path
) -> None:
    [reply] = (stored / ARCHIVE / "pm25").rglob("*.parquet")
    good = reply.read_bytes()
    cut(reply)
    one_line(ingest(ASKED))
    shutil.move(reply, tmp_path / "damaged")
    assert ingest(ASKED).exit_code == 0
    assert reply.read_bytes() == good


def store_empty_inputs_of_training(root: Path) -> None:
    inputs = {"03_primary/daily_observations": "DailyObservations", "03_primary/sites": "Sites"}
    for path, schema in {**inputs, "04_feature/features": "Features"}.items():
        (root / path).parent.mkdir(exist_ok=True)
        schemas.empty(schema).to_parquet(root / f"{path}.parquet")


@pytest.mark.parametrize("damage", [cut, garble, empty])
def test_a_corrupt_table_is_named_with_its_remedy(
    airwatch: Airwatch, data_root: Path, damage: Callable[[Path], None]
) -> None:
    store_empty_inputs_of_training(data_root)
    observations = data_root / "03_primary/daily_observations.parquet"
    damage(observations)
    before = files(data_root)
    line = one_line(airwatch("run", "--pipelines", "training", "--params", ASKED))
    assert f"{observations} is not a readable parquet table" in line
    assert "Move it away and run the pipeline that makes it again" in line
    assert files(data_root) == before


def test_a_table_of_another_shape_is_named_with_the_rule_it_breaks(airwatch: Airwatch, data_root: Path) -> None:
    store_empty_inputs_of_training(data_root)
    schemas.empty("Features").drop(columns="site_id").to_parquet(data_root / "04_feature/features.parquet")
    line = one_line(airwatch("run", "--pipelines", "training", "--params", ASKED))
    assert "The table features breaks its rules" in line
    assert "site_id" in line
    assert "run the pipeline that makes it again" in line
    assert len(line) < 600


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which stands for a full disk")
def test_a_disk_that_fills_while_a_table_is_written_leaves_the_old_table(
    stored: Path, ingest: Callable[[str], Result]
) -> None:
    table = stored / SUMMARIES
    before = table.read_bytes()
    table.with_name(f"{table.name}.part").symlink_to(FULL)
    line = one_line(ingest(f"source=aqs,{HARBOR},as_of=2021-07-31"))
    assert f"The disk is full while writing {table}" in line
    assert "Free some space and run again" in line
    assert table.read_bytes() == before
    assert not [name for name in files(stored) if name.endswith(".part")]


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full, which stands for a full disk")
def test_a_disk_that_fills_while_a_reply_is_stored_loses_that_reply_alone(
    stored: Path, ingest: Callable[[str], Result]
) -> None:
    before = files(stored)
    reply = stored / ARCHIVE / "pm25/site-99-001-0001/2021/days_20210630-20210715_newest-20210715_asof-20210715.parquet"
    reply.with_name(f"{reply.name}.part").symlink_to(FULL)
    line = one_line(ingest(f"source=aqs,{HARBOR},as_of=2021-07-15"))
    assert f"The disk is full while writing {reply}" in line
    assert files(stored) == before


def test_a_data_root_that_cannot_be_is_named(
    airwatch: Airwatch, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_root / "file").write_text("")
    monkeypatch.setenv("AIRWATCH_DATA_ROOT", str(data_root / "file"))
    line = one_line(airwatch("run", "--params", ASKED))
    assert str(data_root / "file") in line
    assert "Check that the path is right and may be written" in line


def test_a_run_that_another_one_overtook_says_so_and_leaves_that_one_s_table(
    stored: Path, ingest: Callable[[str], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored / SUMMARIES
    of_another = path.read_bytes()
    write = BlocksTableDataset.save

    def overtaken(self: BlocksTableDataset, data: object) -> None:
        path.unlink()
        path.write_bytes(of_another)
        write(self, data)

    monkeypatch.setattr(BlocksTableDataset, "save", overtaken)
    line = one_line(ingest(f"source=aqs,{HARBOR},as_of=2021-07-31"))
    assert line.startswith("Error: daily_summaries was written by another run while this one worked: nothing of this ")
    assert path.read_bytes() == of_another
