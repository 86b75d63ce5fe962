"""The AQI against every index that AQS has computed in two national files of daily summaries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from airwatch.domain.aqi import aqi_of, truncate
from airwatch.domain.pollutants import POLLUTANTS

MONITOR_DAY = [
    "state_code",
    "county_code",
    "site_number",
    "poc",
    "date_local",
    "method_code",
    "sample_duration_code",
]


def rows_of(shared_data: Path, file: str, value_column: str) -> pd.DataFrame:
    rows = pd.read_parquet(
        shared_data / "aqs" / f"{file}.parquet", columns=[*MONITOR_DAY, "event_type", "aqi", value_column]
    )
    texts = rows.select_dtypes("category").columns
    return rows.astype(dict.fromkeys(texts, "str"))


def with_events(rows: pd.DataFrame, value_column: str) -> pd.Series:
    """The value of each row's monitor and day with events included, which is what AQS scores.

    A row that leaves events out carries the index of the whole day all the same: by its own value 1,178 of
    the 1,183 such rows of PM2.5 in 2014, and 14 of the 27 of ozone in 2021, would have another index.
    """
    whole = rows[rows["event_type"] == "Events Included"].set_index(MONITOR_DAY)[value_column]
    left_out = rows["event_type"] == "Events Excluded"
    keys = pd.MultiIndex.from_frame(rows.loc[left_out, MONITOR_DAY])
    values = rows[value_column].copy()
    values[left_out] = whole.reindex(keys).to_numpy()
    return values


@pytest.mark.parametrize(
    ("file", "pollutant", "count"),
    [("pm25_88101_2014", "pm25", 166_347), ("ozone_44201_2021", "ozone", 193_988)],
)
def test_every_index_of_aqs_is_reproduced(shared_data: Path, file: str, pollutant: str, count: int) -> None:
    # AQS recomputed the indices of 2014 with the table of 2024.
    column = POLLUTANTS[pollutant].value_column
    rows = rows_of(shared_data, file, column)
    scored = rows[rows["aqi"].notna()]
    differing = aqi_of(pollutant, with_events(scored, column)) != scored["aqi"].to_numpy(dtype=np.int64)
    assert len(scored) == count
    assert differing.sum() == 0


def test_the_table_of_2012_does_not_fit_what_aqs_says_now(shared_data: Path) -> None:
    rows = rows_of(shared_data, "pm25_88101_2014", "arithmetic_mean")
    scored = rows[rows["aqi"].notna()]
    old = aqi_of("pm25", with_events(scored, "arithmetic_mean"), on=date(2014, 6, 1))
    assert (old == scored["aqi"].to_numpy(dtype=np.int64)).mean() < 0.05


def test_truncation_reproduces_the_block_averages_of_aqs(shared_data: Path) -> None:
    # AQS makes the 24-hour block average of a day by cutting the mean of its hours to a tenth.
    rows = rows_of(shared_data, "pm25_88101_2014", "arithmetic_mean")
    keys = [*MONITOR_DAY[:-1], "event_type"]
    hours = rows[rows["sample_duration_code"] == "1"].set_index(keys)["arithmetic_mean"]
    blocks = rows[rows["sample_duration_code"] == "X"].set_index(keys)["arithmetic_mean"]
    both = pd.concat([hours, blocks], axis=1, keys=["hours", "block"], join="inner")
    cut = [truncate(mean, 1) for mean in both["hours"]]
    assert len(both) == 91_105
    assert (cut == both["block"]).all()
