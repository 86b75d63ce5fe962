"""What the catalog is made of: tables and reports written whole or not at all, and the way to EPA.

Kedro's own datasets write into the file that a reader may have open, and over what another run has just written; these
are read and written through ``airwatch.storage``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import fsspec
import pandas as pd
from kedro.io.core import AbstractDataset, DatasetError
from kedro_datasets._typing import PlotlyPreview, TablePreview
from pandas.api.types import is_datetime64_any_dtype

from airwatch import schemas
from airwatch.blocks import whole_sites
from airwatch.secrets import reveal
from airwatch.sources.redaction import without_secrets
from airwatch.storage import address_of, require
from airwatch.stored import StoredDataset
from airwatch.storing import check, checked, write_blocks
from airwatch.tables import BLOCK_ROWS, BlockTable, StoredTable, readable


class TableDataset(StoredDataset):
    """A parquet table that fits into memory.

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
        try:
            table = read_table(self._fs, self._filepath)
        except FileNotFoundError:
            if not self._when_absent:
                raise DatasetError(f"{self.address} is not there; run the pipeline that makes it.") from None
            table = schemas.empty(self._when_absent)
        self.require_noted()
        return table

    def save(self, data: pd.DataFrame) -> None:
        """Write the table."""
        self._write(lambda file: data.to_parquet(file, index=False))

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows for kedro-viz."""
        return _preview(self.load().head(nrows))


class BlocksTableDataset(StoredDataset):
    """A parquet table of sites and days that need not fit into memory: read as asked, written block by block.

    Names of columns are checked when it is loaded, every row when it is saved. It is one file, a row group for each
    block of whole sites; a folder of files is read as one table.
    """

    def __init__(self, *, filepath: str, schema: str, **kwargs: Any) -> None:
        super().__init__(filepath=filepath, **kwargs)
        self._schema = schemas.TABLES[schema]

    def load(self) -> StoredTable:
        """A handle on the table; its rows are read when they are asked for, of this version of it alone.

        Raises:
            UnreadableTableError: The file is there and is not a parquet table.
            DataValidationError: It has not the columns of its schema.
        """
        if not self._exists():
            raise DatasetError(f"{self.address} is not there; run the pipeline that makes it.")
        table = StoredTable(self._fs, self._filepath, guard=partial(require, self._fs, self._versioned, self._noted))
        check(table.schema.empty_table().to_pandas(), self._schema, self._name, "load")
        return table

    def save(self, data: pd.DataFrame | BlockTable | Iterable[pd.DataFrame]) -> None:
        """Write a frame, a table or one frame after the other.

        Raises:
            DataValidationError: A rule of the schema is broken, the order of the key from block to block among them.
        """
        frames = [data] if isinstance(data, pd.DataFrame) else data
        parts = frames.blocks(BLOCK_ROWS) if isinstance(frames, BlockTable) else whole_sites(frames, BLOCK_ROWS)
        self._write(lambda file: write_blocks(file, checked(parts, self._schema, self._name)))

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
    with readable(address_of(fs, path)), fs.open(path, "rb") as file:
        return pd.read_parquet(file)


class TextFileDataset(StoredDataset):
    """A text, such as an HTML page."""

    def load(self) -> str:
        """The text."""
        with self._fs.open(self._filepath, "rb") as file:
            self.require_noted()
            return bytes(file.read()).decode()

    def save(self, data: str) -> None:
        """Write the text; where there is none, what an earlier run wrote stays."""
        if data:
            self._write(lambda file: file.write(data.encode()))


class JsonFileDataset(TextFileDataset):
    """A JSON document, keys in order."""

    def load(self) -> Any:
        """The document."""
        return json.loads(super().load())

    def save(self, data: Any) -> None:
        """Write the document."""
        super().save(json.dumps(data, indent=1, sort_keys=True, default=str))


class FigureDataset(JsonFileDataset):
    """A plotly figure as JSON; kedro-viz draws it."""

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
        airnow_url: str,
        downloads: str,
        metadata: Any = None,
    ) -> None:
        self._base_url, self._path, self._credentials = base_url, path, credentials
        self._airdata_url, self._airnow_url, self._downloads = airdata_url, airnow_url, downloads
        self.metadata = metadata

    def load(self) -> Any:
        """An ``EpaServices``; no connection is made, and no secret looked up, before its first request."""
        from airwatch.services import EpaServices

        return EpaServices(
            base_url=self._base_url,
            pace_path=self._path,
            credentials=lambda: (reveal(self._credentials["email"]), reveal(self._credentials["key"])),
            airdata_url=self._airdata_url,
            airnow_url=self._airnow_url,
            downloads=self._downloads,
        )

    def save(self, data: None) -> None:
        """Nothing is written to EPA."""
        raise DatasetError("EPA's services can only be read.")

    def _describe(self) -> dict[str, Any]:
        return {"base_url": without_secrets(self._base_url)}
