"""A table of daily values, read as daily summaries of the preferred kind."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from airwatch.sources.errors import SourceChanged, SourceRefused
from airwatch.sources.table import REQUIRED, open_table


@pytest.fixture
def stored(tmp_path):
    """``stored(rows…)``: the path of a table of those rows, each a mapping of what differs from a plain one."""

    def store(*rows, drop=(), **columns):
        plain = {
            "state_code": "06", "county_code": "037", "site_number": "1103", "parameter_code": "88101", "poc": 1,
            "date_local": pd.Timestamp("2020-01-01"), "latitude": 34.1, "longitude": -118.2,
            "arithmetic_mean": 9.5, "first_max_value": None,
        }  # fmt: skip
        frame = pd.DataFrame([plain | row for row in rows]).assign(**columns).drop(columns=list(drop))
        frame.to_parquet(tmp_path / "values.parquet", index=False)
        return str(tmp_path / "values.parquet")

    return store


READ = [
    "parameter_code",
    "sample_duration_code",
    "pollutant_standard",
    "event_type",
    "units_of_measure",
    "observation_percent",
    "validity_indicator",
    "date_of_last_change",
]


def test_a_row_becomes_the_summary_of_its_parameter_s_preferred_kind(stored):
    path = stored({}, {"parameter_code": "44201", "first_max_value": 0.04}, {"parameter_code": "88502"})
    found = open_table(path).read(READ).to_pandas()
    assert found.iloc[:, :6].astype(object).to_numpy().tolist() == [
        ["88101", "7", "PM25 24-hour 2024", "No Events", "Micrograms/cubic meter (LC)", 100.0],
        ["44201", "W", "Ozone 8-hour 2015", "No Events", "Parts per million", 100.0],
        ["88502", "7", "PM25 24-hour 2024", "No Events", "Micrograms/cubic meter (LC)", 100.0],
    ]
    assert found[["validity_indicator", "date_of_last_change"]].isna().all(axis=None)


def test_what_the_table_says_itself_is_taken(stored):
    path = stored({}, sample_duration_code="X", observation_percent=50.0, event_type="Events Included")
    [row] = open_table(path).read(READ).to_pylist()
    assert [row[name] for name in ("sample_duration_code", "observation_percent", "event_type")] == [
        "X",
        50.0,
        "Events Included",
    ]


def test_days_may_be_dates(stored):
    path = stored({}, date_local=pd.Timestamp("2020-01-01").date())
    assert open_table(path).read(["date_local"]).to_pandas()["date_local"].tolist() == [pd.Timestamp("2020-01-01")]


@pytest.mark.parametrize("column", REQUIRED)
def test_a_table_without_a_column_is_refused_by_its_name(stored, column):
    with pytest.raises(SourceChanged, match=f"has no column {column}"):
        open_table(stored({}, drop=[column]))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"state_code": 6}, r"the column state_code of .* holds no text \(int64\); codes keep their zeros"),
        ({"date_local": "2020-01-01"}, "holds no local days"),
        ({"date_local": pd.Timestamp("2020-01-01", tz="UTC")}, "holds no local days"),
    ],
)
def test_codes_that_lost_their_zeros_and_days_that_are_none_are_refused(stored, changed, told):
    with pytest.raises(SourceChanged, match=told):
        open_table(stored({}, **changed))


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceRefused, match=r"table: .*nothing\.parquet is not there"):
        open_table(f"{tmp_path}/nothing.parquet")


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "values.csv").write_text("state_code\n06\n")
    with pytest.raises(SourceRefused, match=r"values\.csv is no readable parquet file"):
        open_table(f"{tmp_path}/values.csv")


def test_unknown_parameters_do_not_stand_in_the_way(stored):
    import pyarrow.compute as pc

    rows = open_table(stored({"parameter_code": "12345"}, {})).narrowed(pc.field("parameter_code") == "88101")
    assert rows.read(READ)["sample_duration_code"].to_pylist() == ["7"]


@pytest.mark.parametrize("column", ["state_code", "county_code", "site_number", "parameter_code", "poc", "date_local"])
def test_rows_that_do_not_say_what_they_are_about_are_refused_by_the_column(stored, column):
    with pytest.raises(SourceRefused, match=rf"table: {column} is empty in 2 rows of .*values\.parquet"):
        open_table(stored({}, {column: None}, {column: None}))


def test_a_damaged_page_is_told_in_one_line_that_names_the_table(stored):
    path = stored(*({"arithmetic_mean": float(number)} for number in range(2000)))
    column = pq.read_metadata(path).row_group(0).column(8)
    assert column.path_in_schema == "arithmetic_mean"
    with Path(path).open("r+b") as file:
        file.seek(column.data_page_offset)
        file.write(b"\xff" * 200)
    told = r"^table: .*values\.parquet cannot be read \([^\n]*\)\. Write the file anew\.$"
    with pytest.raises(SourceRefused, match=told):
        open_table(path).read(["arithmetic_mean"])


def test_a_column_of_values_that_are_none_is_told_in_one_line(stored):
    path = stored({}, arithmetic_mean="much")
    with pytest.raises(SourceRefused, match=r"values\.parquet cannot be read \([^\n]*much"):
        open_table(path).read(["arithmetic_mean"])
