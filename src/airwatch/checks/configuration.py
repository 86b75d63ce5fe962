"""Whether the configuration of an environment loads, settles and names things that exist."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import DataCatalog

from airwatch.checks.report import Finding, error, ok
from airwatch.config import MissingVariableError
from airwatch.inspection.entries import Entry, entries_of
from airwatch.messages import one_line

if TYPE_CHECKING:
    from airwatch.config import ConfigLoader

KINDS = ("parameters", "catalog", "credentials", "mlflow")

_VARIABLE = re.compile(r"\$\{env:\s*(\w+)\s*(,)?")
_BLANK = re.compile(r"^(\w+)=\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Configuration:
    """What an environment's configuration says, kind by kind; a kind that does not load is there as its error.

    Attributes:
        env: The name of the environment.
        kinds: ``parameters``, ``catalog``, ``credentials`` and ``mlflow``.
    """

    env: str
    kinds: Mapping[str, dict[str, Any] | Exception]

    @classmethod
    def read(cls, loader: ConfigLoader) -> Configuration:
        """All kinds, one after the other: resolving is not made for threads."""
        return cls(str(loader.env or loader.default_run_env), {kind: _loaded(loader, kind) for kind in KINDS})

    def get(self, kind: str) -> dict[str, Any] | None:
        """A kind; None where it does not load."""
        found = self.kinds[kind]
        return None if isinstance(found, Exception) else found

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """What the catalog declares; nothing where it does not load."""
        catalog, credentials = self.get("catalog"), self.get("credentials")
        if catalog is None or credentials is None:
            return {}
        return entries_of(catalog, credentials)


def _loaded(loader: ConfigLoader, kind: str) -> dict[str, Any] | Exception:
    try:
        return loader[kind]
    except Exception as failure:
        return failure


def parameters(configuration: Configuration) -> Finding:
    """Whether the parameters are known, possible and fit together."""
    found = configuration.kinds["parameters"]
    if isinstance(found, Exception):
        return error(one_line(found), "Correct --params, or the parameters in conf.")
    run = found["run"]
    return ok(f"source={run.source}, {run.area}, as of {run.as_of}, {'+'.join(run.pollutants)}")


def catalog(configuration: Configuration) -> Finding:
    """Whether every entry of the catalog can be made."""
    for kind in ("catalog", "credentials", "mlflow"):
        if isinstance(failure := configuration.kinds[kind], Exception):
            return error(one_line(failure), f"Mend what conf says of {kind}, or set the variable it names.")
    names = list(configuration.entries)
    made = DataCatalog.from_config(configuration.get("catalog") or {}, configuration.get("credentials"))
    for name in names:
        try:
            made.get(name)
        except Exception as failure:
            return error(f"{name}: {one_line(failure)}", "Mend this entry in conf.")
    return ok(f"{len(names)} entries")


def needed_variables(conf: Path, environments: Iterable[str]) -> list[str]:
    """The environment variables that some folders of ``conf`` read and that have no default, in order."""
    files = sorted(path for each in environments for path in (conf / each).rglob("*.yml"))
    text = "\n".join(line.partition("#")[0] for path in files for line in path.read_text().splitlines())
    found = _VARIABLE.findall(text)
    return sorted({name for name, default in found if not default})


def variable(name: str, env: str) -> Finding:
    """Whether a variable is set that an environment cannot do without."""
    if os.environ.get(name):
        return ok("set")
    return error("not set", str(MissingVariableError(name, env)))


def other_variables(example: Path, needed: Iterable[str]) -> Finding:
    """Which of the other variables that ``.env.example`` lists are set; never a value."""
    names = [name for name in _BLANK.findall(example.read_text()) if name not in set(needed)]
    there = [name for name in names if os.environ.get(name)]
    absent = [name for name in names if name not in there]
    return ok(f"set: {', '.join(there) or 'none'}; not set: {', '.join(absent) or 'none'}")
