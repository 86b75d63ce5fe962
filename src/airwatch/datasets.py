"""What the catalog is made of: tables and reports written whole or not at all, and the way to EPA.

Kedro's own datasets write into the file that a reader may have open; here a file appears under its name only when
it is complete, so that a run which dies leaves the old table or the new one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import fsspec
import pandas as pd
from kedro.io.core import AbstractDataset, DatasetError, get_protocol_and_path
from kedro_datasets._typing import PlotlyPreview, TablePreview
from kedro_datasets.pandas import ParquetDataset
from pandas.api.types import is_datetime64_any_dtype

from airwatch import schemas
from airwatch.secrets import reveal


class UnreadableTableError(Exception):
    """A stored table cannot be read; the message names the file and how to make it again."""


@contextmanager
def written_whole(fs: fsspec.AbstractFileSystem, path: str) -> Iterator[Any]:
    """A binary file to write that takes its name only when all of it is written.

    To an object store the whole object is sent at the end; on a local disk a neighbour is written and renamed.
    """
    if "file" not in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)):
        whole = BytesIO()  # a file of the store's own would put what it has got so far when it is closed by an error
        yield whole
        fs.pipe_file(path, whole.getvalue())
        return
    fs.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
    partial = f"{path}.part"
    try:
        with fs.open(partial, "wb") as file:
            yield file
        fs.mv(partial, path)
    except BaseException as error:
        if fs.exists(partial):
            fs.rm(partial)
        if isinstance(error, OSError) and error.errno and not error.filename:
            error.filename = path  # what failed to write does not say where
        raise


class TableDataset(ParquetDataset):  # type: ignore[misc]
    """A parquet table, written whole.

    With ``when_absent`` (the name of a schema) a table that is not there reads as that schema's empty table.
    """

    def __init__(self, *, filepath: str, when_absent: str | None = None, **kwargs: Any) -> None:
        super().__init__(filepath=filepath, **kwargs)
        self._when_absent = when_absent

    @property
    def can_be_absent(self) -> bool:
        """Whether reading it where it is not there gives an empty table."""
        return self._when_absent is not None

    def load(self) -> pd.DataFrame:
        """The table.

        Raises:
            UnreadableTableError: The file is there and is not a parquet table.
        """
        path = str(self._get_load_path())
        if not self._fs.exists(path):
            if self._when_absent:
                return schemas.empty(self._when_absent)
            raise DatasetError(f"{path} is not there; run the pipeline that makes it.")
        return read_table(self._fs, path)

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, replacing the one before only once it is complete."""
        with written_whole(self._fs, str(self._get_save_path())) as file:
            data.to_parquet(file, index=False, **self._save_args)
        self._invalidate_cache()

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows for kedro-viz, as texts and numbers: its serialiser fails on a missing date."""
        head = self.load().head(nrows)
        head = head.apply(lambda column: column.dt.date.astype("str") if is_datetime64_any_dtype(column) else column)
        return TablePreview(head.astype(object).where(head.notna(), None).to_dict(orient="split"))


def read_table(fs: fsspec.AbstractFileSystem, path: str) -> pd.DataFrame:
    """A parquet file as a frame.

    Raises:
        UnreadableTableError: It is not one; the message names it and the remedy.
    """
    import pyarrow

    try:
        with fs.open(path, "rb") as file:
            return pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise UnreadableTableError(
            f"{path} is not a readable parquet table ({str(error).partition(chr(10))[0][:80]}). "
            "Move it away and run the pipeline that makes it again; for 01_raw that is kedro run --pipelines ingestion."
        ) from error


class TextFileDataset(AbstractDataset[str, str]):
    """A text, such as an HTML page, written whole."""

    def __init__(self, *, filepath: str, credentials: dict[str, Any] | None = None, metadata: Any = None) -> None:
        protocol, self._path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(protocol, **(credentials or {}))
        self.metadata = metadata

    def load(self) -> str:
        """The text."""
        with self._fs.open(self._path, "r", encoding="utf-8") as file:
            return str(file.read())

    def save(self, data: str) -> None:
        """Write the text; where there is none, what an earlier run wrote stays."""
        if not data:
            return
        with written_whole(self._fs, self._path) as file:
            file.write(data.encode())

    def _exists(self) -> bool:
        return bool(self._fs.exists(self._path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path}


class JsonFileDataset(TextFileDataset):
    """A JSON document, written whole, keys in order."""

    def load(self) -> Any:
        """The document."""
        return json.loads(super().load())

    def save(self, data: Any) -> None:
        """Write the document."""
        super().save(json.dumps(data, indent=1, sort_keys=True, default=str))


class FigureDataset(JsonFileDataset):
    """A plotly figure as JSON, written whole; kedro-viz draws it."""

    def load(self) -> Any:
        """The figure."""
        import plotly.io

        return plotly.io.from_json(TextFileDataset.load(self))

    def save(self, data: Any) -> None:
        """Write the figure."""
        TextFileDataset.save(self, data.to_json())

    def preview(self) -> PlotlyPreview:
        """What kedro-viz draws."""
        return PlotlyPreview(json.loads(TextFileDataset.load(self)))


class EpaServicesDataset(AbstractDataset[None, "Any"]):
    """The way to EPA's services, or to the sandbox that stands in for them; load only.

    It hands the node that fetches a ready ``EpaServices``, so that addresses and credentials stay in the catalog.
    """

    def __init__(self, *, base_url: str, path: str, credentials: dict[str, str], metadata: Any = None) -> None:
        self._base_url, self._path, self._credentials = base_url, path, credentials
        self.metadata = metadata

    def load(self) -> Any:
        """An ``EpaServices``; no connection is made, and no secret looked up, before its first request."""
        from airwatch.services import EpaServices

        return EpaServices(
            base_url=self._base_url,
            pace_path=self._path,
            credentials=lambda: (reveal(self._credentials["email"]), reveal(self._credentials["key"])),
        )

    def save(self, data: None) -> None:
        """Nothing is written to EPA."""
        raise DatasetError("EPA's services can only be read.")

    def _describe(self) -> dict[str, Any]:
        return {"base_url": self._base_url}
