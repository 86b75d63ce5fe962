"""Stored rows to ``daily_summaries``: overlaps merged by AQS's own key, nothing later than ``as_of``."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from airwatch import schemas
from airwatch.archive import Archive
from airwatch.domain.pollutants import POLLUTANTS, WEATHER, parameter
from airwatch.parameters import RunParams
from airwatch.pipelines.ingestion.area import MONITOR, search_area
from airwatch.pipelines.ingestion.nodes import NoDataError
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.stored import stored_rows
from airwatch.sandbox.network import STATES
from airwatch.scope import mark_of
from airwatch.tables import BlockTable, MadeTable

logger = logging.getLogger(__name__)

NAMES = {parameter(name).aqs_code: name for name in (*POLLUTANTS, *WEATHER)}
SITE = MONITOR[:3]
KEY = [
    *MONITOR,
    "date_local",
    "sample_duration_code",
    "pollutant_standard",
    "event_type",
    "method_code",
]
_MADE_HERE = ["site_id", "pollutant", "source"]


def tidy_summaries(archive: Archive, monitors: pd.DataFrame, run: RunParams, params: IngestionParams) -> BlockTable:
    """The run's daily summaries, all variants of a day; made in blocks of whole states when they are read.

    Returns:
        ``DailySummaries``, sorted by AQS's ten-part key, from ``first_year`` to ``as_of``. Of rows with one key the
        one with the newest ``date_of_last_change`` stays, and of equal ones the one fetched last. ``source`` is
        ``sandbox`` in the simulated states, whoever was asked.

    Raises:
        NoDataError: When it is read: none of the run's pollutants has a row in those years.
    """
    return MadeTable(lambda: _blocks(archive, monitors, run, params), mark_of(run, whatever=("horizon_days",)))


def _blocks(
    archive: Archive, monitors: pd.DataFrame, run: RunParams, params: IngestionParams
) -> Iterator[pd.DataFrame]:
    area = search_area(monitors, run)
    columns = list(schemas.empty("DailySummaries").columns)
    stored = [name for name in columns if name not in _MADE_HERE]
    found: set[str] = set()
    summaries = sites = 0
    for part in stored_rows(archive, area, run, params).by_states([*stored, "fetched_at"]):
        rows = _newest(_with_sorted_texts(part))
        named = rows["parameter_code"].cat.rename_categories(NAMES)
        pollutant = named.cat.reorder_categories(sorted(named.cat.categories))
        rows = rows.assign(site_id=_site_ids(rows), pollutant=pollutant, source=_sources(rows, run))
        found |= set(rows["pollutant"].cat.categories)
        summaries, sites = summaries + len(rows), sites + len(rows["site_id"].cat.categories)
        yield rows[columns]
    if not found & set(run.pollutants):
        raise NoDataError(
            f"EPA has no data of {', '.join(run.pollutants)} in {area} from {run.first_year}-01-01 to {run.as_of}. "
            "Choose a later as_of, an earlier first_year, or another area."
        )
    logger.info("Ingestion: %d daily summaries at %d sites", summaries, sites)


def _with_sorted_texts(part: pa.Table) -> pd.DataFrame:
    """Texts as categories in their order, so that a category's number sorts as its text does."""
    rows = pd.DataFrame(part.to_pandas())
    for name in rows.columns[rows.dtypes == "category"]:
        used = rows[name].cat.remove_unused_categories()
        rows[name] = used.cat.reorder_categories(sorted(used.cat.categories))
    return rows


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Sorted by the key; of rows with one key that which changed last, of equal ones that which was fetched last."""
    key = [_numbers(rows[name]) for name in KEY]
    age = [_numbers(rows[name]) for name in ("date_of_last_change", "fetched_at")]
    order = np.lexsort([*reversed(age), *reversed(key)])
    last = np.ones(len(order), dtype=bool)
    if len(order):
        last[:-1] = np.any([part[order][1:] != part[order][:-1] for part in key], axis=0)
    return rows.iloc[order[last]].reset_index(drop=True)


def _numbers(column: pd.Series) -> NDArray[np.integer]:
    """A column as numbers that sort as it does; what is missing comes first."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    if column.dtype.kind == "M":
        return column.to_numpy().astype("datetime64[s]").view(np.int64)  # NaT is the least of them
    return column.to_numpy()


def _site_ids(rows: pd.DataFrame) -> pd.Categorical[str]:
    """Site ids as categories in their order."""
    parts = [rows[name].cat for name in SITE]
    sizes = [len(part.categories) for part in parts]
    number = np.ravel_multi_index([part.codes.to_numpy() for part in parts], sizes)
    codes, used = pd.factorize(number, sort=True)
    places = zip(parts, np.unravel_index(used, sizes), strict=True)
    names = zip(*(part.categories[place] for part, place in places), strict=True)
    return _categorical(codes, ["-".join(name) for name in names])


def _sources(rows: pd.DataFrame, run: RunParams) -> pd.Categorical[str]:
    """The run's source, but the simulated states are the sandbox's, wherever its server stood in for EPA."""
    simulated = rows["state_code"].isin(list(STATES)).to_numpy()
    names = sorted({str(run.source), "sandbox"})
    return _categorical(np.where(simulated, names.index("sandbox"), names.index(run.source)), names)


def _categorical(codes: NDArray[np.int64], texts: list[str]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes, pd.Index(texts))
