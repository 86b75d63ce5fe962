"""Replays that are kept on disk metro by metro, so that one that was ended goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from benchmarks.replay.count import Delay
from benchmarks.replay.history import History, Metro
from benchmarks.replay.report import Replay


def keep(replay: Replay, folder: Path) -> None:
    """Keep a replay; the file that says it is whole is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    table, rest = _files(replay.history.metro, folder)
    replay.found.to_parquet(table)
    delays = [asdict(delay) | {"onset": f"{delay.onset:%Y-%m-%d}"} for delay in replay.delays]
    partly = rest.with_suffix(".part")
    partly.write_text(json.dumps({"smoky_share": replay.smoky_share, "delays": delays}), encoding="utf-8")
    partly.replace(rest)


def kept(history: History, folder: Path) -> Replay | None:
    """The replay of a metro that was kept; None where there is none."""
    table, rest = _files(history.metro, folder)
    if not rest.exists():
        return None
    document = json.loads(rest.read_text(encoding="utf-8"))
    delays = [Delay(**delay | {"onset": pd.Timestamp(delay["onset"])}) for delay in document["delays"]]
    return Replay(history, pd.read_parquet(table), delays, document["smoky_share"])


def _files(metro: Metro, folder: Path) -> tuple[Path, Path]:
    """Where a metro's tests and the rest of its replay lie."""
    name = f"{metro.cbsa_code}_{metro.parameter_code}_{metro.first}_{metro.last}"
    return folder / f"{name}.parquet", folder / f"{name}.json"
