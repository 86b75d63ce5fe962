"""``kedro run`` in processes of their own that begin at once: forked from one that has done such a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from click.testing import CliRunner

PROJECT = Path(__file__).resolve().parents[1]
Begin = Callable[..., BaseProcess]


@pytest.fixture(scope="session")
def begin() -> Begin:
    """``begin(variables, ("--env", "prod"), ...)``: a process that does ``kedro run`` with each of these arguments."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["warm_run"])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT / "src"), str(PROJECT / "tests")]))
        forkserver.ensure_running()

    def begun(variables: Mapping[str, str], *runs: Sequence[str]) -> BaseProcess:
        process = context.Process(target=_run_with, args=(dict(variables), runs), daemon=True)
        process.start()
        return process

    return begun


def _run_with(variables: Mapping[str, str], runs: Sequence[Sequence[str]]) -> None:
    os.environ.update(variables)
    for arguments in runs:
        run(*arguments)


def run(*arguments: str) -> None:
    """The project's ``kedro run``, in this process."""
    from airwatch.cli import cli

    result = CliRunner().invoke(cli, ["run", *arguments])
    assert result.exit_code == 0, result.output
