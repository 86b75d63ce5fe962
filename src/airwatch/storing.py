"""Tables written a block at a time into one parquet file, each block checked by the schema of the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from kedro.validation.exceptions import DataValidationError
from kedro.validation.pandera_validator import PanderaValidator

from airwatch.blocks import stacked
from airwatch.schemas import Table
from airwatch.tables import ATTRS, Attrs

_COMPRESSION = "lz4"  # a fifth larger than zstd, and a third faster to read and to write


def check(frame: pd.DataFrame, schema: type[Table], name: str, mode: str) -> pd.DataFrame:
    """A frame as its schema wants it.

    Args:
        frame: Some rows of the table, or none.
        schema: Its schema.
        name: What the table is called.
        mode: ``load`` or ``save``.

    Raises:
        DataValidationError: A rule of the schema is broken.
    """
    try:
        return pd.DataFrame(PanderaValidator(schema).validate(frame))
    except DataValidationError as error:
        error.dataset_name, error.mode = name, mode
        raise


def checked(blocks: Iterable[pd.DataFrame], schema: type[Table], name: str) -> Iterator[pd.DataFrame]:
    """Blocks as their schema wants them; the key is unique and sorted from each block to the next as well.

    Raises:
        DataValidationError: A rule of the schema is broken.
    """
    last: pd.DataFrame | None = None
    for block in blocks:
        valid = check(block, schema, name, "save")
        valid.attrs = dict(block.attrs)
        if last is not None and len(valid):
            check(stacked([last, valid.iloc[:1]]).reset_index(drop=True), schema, name, "save")
        last = valid.iloc[-1:] if len(valid) else last
        yield valid


def write_blocks(file: BinaryIO, blocks: Iterable[pd.DataFrame]) -> int:
    """Write blocks into one parquet file, a row group each; the types and attributes are those of the first.

    Returns:
        How many rows were written.
    """
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for block in blocks:
            table = pa.Table.from_pandas(block, preserve_index=False)
            if writer is None:
                writer = _open(file, _kept_schema(table.schema, block.attrs))
            writer.write_table(table.cast(writer.schema), row_group_size=max(len(block), 1))
            rows += len(block)
    finally:
        if writer is not None:
            writer.close()
    return rows


def _open(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Dictionaries of texts alone: numbers that hardly repeat take ten times as long with one."""
    texts = [field.name for field in schema if not pa.types.is_primitive(field.type)]
    return pq.ParquetWriter(file, schema, compression=_COMPRESSION, use_dictionary=texts)


def _kept_schema(schema: pa.Schema, attrs: Attrs) -> pa.Schema:
    """A schema that later blocks fit, whose categories may be others and more; with the attributes of the table."""
    wide = pa.dictionary(pa.int32(), pa.large_string())
    fields = [field.with_type(wide) if pa.types.is_dictionary(field.type) else field for field in schema]
    return pa.schema(fields, metadata={**schema.metadata, ATTRS: json.dumps(attrs).encode()})
