"""MLflow's database, made whole before anybody uses it."""

from __future__ import annotations

from pathlib import Path

SQLITE = "sqlite:///"
SQLITE_HEADER = b"SQLite format 3\0"


class UnreadableStoreError(Exception):
    """MLflow's database cannot be read; the message names the file and what to do."""


def make_store(tracking_uri: str) -> None:
    """Make MLflow's SQLite file, whole, where it is not there yet.

    MLflow makes its tables one by one: a process that is killed meanwhile would leave a file that no later one can use.

    Raises:
        UnreadableStoreError: There is a file that is no SQLite database.
    """
    path = Path(tracking_uri.removeprefix(SQLITE))
    if not tracking_uri.startswith(SQLITE):
        return
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) != SQLITE_HEADER:
                raise UnreadableStoreError(
                    f"{path}, MLflow's database, is damaged. Move it away to begin a new one (its models are lost), "
                    "or put back a copy."
                )
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    try:
        store = SqlAlchemyStore(f"{SQLITE}{partial}", str(path.with_name("mlflow")))
        store.engine.dispose()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
