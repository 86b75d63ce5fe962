"""What the catalog is made of: tables and reports written whole or not at all, and the way to EPA.

Kedro's own datasets write into the file that a reader may have open; here a file appears under its name only when
it is complete, so that a run which dies leaves the old table or the new one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

import fsspec
import pandas as pd
from kedro.io.core import AbstractDataset, DatasetError, get_protocol_and_path
from kedro_datasets._typing import PlotlyPreview, TablePreview
from kedro_datasets.pandas import ParquetDataset
from pandas.api.types import is_datetime64_any_dtype

from airwatch import schemas
from airwatch.blocks import whole_sites
from airwatch.secrets import reveal
from airwatch.sources.redaction import without_secrets
from airwatch.storing import check, checked, write_blocks
from airwatch.tables import BLOCK_ROWS, BlockTable, StoredTable, readable


@contextmanager
def written_whole(fs: fsspec.AbstractFileSystem, path: str) -> Iterator[Any]:
    """A binary file to write that takes its name only when all of it is written.

    To an object store the whole object is sent at the end; on a local disk a neighbour is written and renamed.
    """
    if "file" not in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)):
        with NamedTemporaryFile() as whole:  # a file of the store's own would put what it has got so far on an error
            yield whole
            whole.flush()
            fs.put_file(whole.name, path)
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
    """A parquet table that fits into memory, written whole.

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
        """The first rows for kedro-viz."""
        return _preview(self.load().head(nrows))


class BlocksTableDataset(ParquetDataset):  # type: ignore[misc]
    """A parquet table of sites and days that need not fit into memory: read as asked, written block by block.

    Names of columns are checked when it is loaded, every row when it is saved. It is one file, written whole, a row
    group for each block of whole sites; a folder of files is read as one table.
    """

    def __init__(self, *, filepath: str, schema: str, **kwargs: Any) -> None:
        super().__init__(filepath=filepath, **kwargs)
        self._schema = schemas.TABLES[schema]

    def load(self) -> StoredTable:
        """A handle on the table; its rows are read when they are asked for.

        Raises:
            UnreadableTableError: The file is there and is not a parquet table.
            DataValidationError: It has not the columns of its schema.
        """
        path = str(self._get_load_path())
        if not self._exists():
            raise DatasetError(f"{path} is not there; run the pipeline that makes it.")
        table = StoredTable(self._fs, path)
        check(table.schema.empty_table().to_pandas(), self._schema, self._name, "load")
        return table

    def save(self, data: pd.DataFrame | BlockTable | Iterable[pd.DataFrame]) -> None:
        """Write a frame, a table or one frame after the other, replacing the table before once all is written.

        Raises:
            DataValidationError: A rule of the schema is broken, the order of the key from block to block among them.
        """
        frames = [data] if isinstance(data, pd.DataFrame) else data
        parts = frames.blocks(BLOCK_ROWS) if isinstance(frames, BlockTable) else whole_sites(frames, BLOCK_ROWS)
        with written_whole(self._fs, str(self._get_save_path())) as file:
            write_blocks(file, checked(parts, self._schema, self._name))
        self._invalidate_cache()

    @property
    def _name(self) -> str:
        return PurePosixPath(self._filepath).stem

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows for kedro-viz."""
        return _preview(next(self.load().blocks(nrows)).head(nrows))


def _preview(head: pd.DataFrame) -> TablePreview:
    """Rows as texts and numbers: the serialiser of kedro-viz fails on a missing date."""
    head = head.apply(lambda column: column.dt.date.astype("str") if is_datetime64_any_dtype(column) else column)
    return TablePreview(head.astype(object).where(head.notna(), None).to_dict(orient="split"))


def read_table(fs: fsspec.AbstractFileSystem, path: str) -> pd.DataFrame:
    """A parquet file as a frame.

    Raises:
        UnreadableTableError: It is not one; the message names it and the remedy.
    """
    with readable(path), fs.open(path, "rb") as file:
        return pd.read_parquet(file)


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


class EnginesDataset(AbstractDataset[None, "Any"]):
    """Who does the work of a run: this process, or a Dask cluster at an address; load only."""

    def __init__(self, *, scheduler: str, metadata: Any = None) -> None:
        self._scheduler = scheduler
        self.metadata = metadata

    def load(self) -> Any:
        """The ``Engines``; no connection is made before a run asks for one."""
        from airwatch.cluster import Engines

        return Engines(self._scheduler)

    def save(self, data: None) -> None:
        """Nothing is written to it."""
        raise DatasetError("Engines can only be used.")

    def _describe(self) -> dict[str, Any]:
        return {"scheduler": self._scheduler}


class EpaServicesDataset(AbstractDataset[None, "Any"]):
    """The way to EPA's services, or to the sandbox that stands in for them; load only.

    It hands the node that fetches a ready ``EpaServices``, so that addresses and credentials stay in the catalog.
    """

    def __init__(
        self,
        *,
        base_url: str,
        path: str,
        credentials: dict[str, str],
        airdata_url: str,
        downloads: str,
        metadata: Any = None,
    ) -> None:
        self._base_url, self._path, self._credentials = base_url, path, credentials
        self._airdata_url, self._downloads = airdata_url, downloads
        self.metadata = metadata

    def load(self) -> Any:
        """An ``EpaServices``; no connection is made, and no secret looked up, before its first request."""
        from airwatch.services import EpaServices

        return EpaServices(
            base_url=self._base_url,
            pace_path=self._path,
            credentials=lambda: (reveal(self._credentials["email"]), reveal(self._credentials["key"])),
            airdata_url=self._airdata_url,
            downloads=self._downloads,
        )

    def save(self, data: None) -> None:
        """Nothing is written to EPA."""
        raise DatasetError("EPA's services can only be read.")

    def _describe(self) -> dict[str, Any]:
        return {"base_url": without_secrets(self._base_url)}
