import re
from datetime import date

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.areas import Area
from airwatch.parameters import ParameterError, RunParams, read_command_line, settle
from airwatch.pipeline_registry import PARAMETER_GROUPS
from builders import PARAMETERS, build_run


def raw(**changed):
    """The parameters of conf/base, with some replaced."""
    found = {}
    for path in PARAMETERS.glob("*.yml"):
        found.update(yaml.safe_load(path.read_text()))
    return {**found, **changed}


def settled(**changed):
    return settle(raw(**{"as_of": "2021-06-30", **changed}), PARAMETER_GROUPS)


def test_the_sandbox_without_an_area_is_its_metro():
    assert settled()["run"].area.slug == "cbsa-99900"


def test_an_area_of_the_sandbox_is_kept():
    assert settled(area={"county": "99001"})["run"].area.slug == "county-99001"


def test_epa_is_not_asked_for_days_that_are_still_to_come():
    with pytest.raises(ParameterError, match="as_of: 2099-01-01 is still to come"):
        settled(source="aqs", area={"cbsa": "31080"}, as_of="2099-01-01")
    assert str(settled(as_of="2099-01-01")["run"].as_of) == "2099-01-01"


def test_pollutants_have_one_order_whatever_order_was_asked():
    assert settled(pollutants="ozone+pm25+ozone")["run"].pollutants == ("pm25", "ozone")


def test_read_command_line_keeps_codes_as_they_were_typed():
    found = read_command_line("area.county=06037,area.site=060371103,seed=007,horizon_days=1e1")
    assert found == {"area": {"county": "06037", "site": "060371103"}, "seed": "007", "horizon_days": "1e1"}


def test_read_command_line_takes_spaces_empty_items_values_with_equals_and_null():
    found = read_command_line(" source = aqs ,, a.b.c=x=y,training.candidates.xgboost=null,")
    expected = {"source": "aqs", "a": {"b": {"c": "x=y"}}, "training": {"candidates": {"xgboost": None}}}
    assert found == expected


def test_read_command_line_of_nothing_is_nothing():
    assert read_command_line("") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("horizon_days", "'horizon_days' is not of the form name=value"),
        ("=3", "'=3' is not of the form name=value"),
        ("a=1,a=2", "a is given twice"),
        ("a.b=1,a.b=1", "a.b is given twice"),
        ("a=1,a.b=2", "a.b is given both as a value and as a group"),
        ("a.b=2,a=1", "a is given twice"),
    ],
)
def test_read_command_line_refuses_what_it_cannot_read(text, told):
    with pytest.raises(ParameterError, match=told):
        read_command_line(text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.from_regex(r"[0-9A-Za-z/+. :-]{0,12}", fullmatch=True).filter(lambda value: value != "null"),
        max_size=5,
    )
)
def test_read_command_line_changes_no_value(values):
    text = ",".join(f"{name}={value}" for name, value in values.items())
    assert read_command_line(text) == {name: value.strip() for name, value in values.items()}


def test_settle_reads_the_parameters_of_the_command_line():
    given = read_command_line(
        "source=aqs,area.county=06037,pollutants=pm25+ozone+pm25,first_year=2018,as_of=2021-06-30,"
        "origins=2021-01-01/2021-01-15/7,horizon_days=3,model_version=4,requests_per_minute=5,seed=7,neighbourhood_km=50"
    )
    run = settle(raw(**given), PARAMETER_GROUPS)["run"]
    assert run == RunParams.model_construct(
        source="aqs",
        table=None,
        area=Area("county", "06037"),
        neighbourhood_km=50.0,
        pollutants=("pm25", "ozone"),
        first_year=2018,
        as_of=date(2021, 6, 30),
        origins="2021-01-01/2021-01-15/7",
        horizon_days=3,
        model_version="4",
        requests_per_minute=5,
        engine="local",
        seed=7,
    )


def test_settle_keeps_the_zeros_that_yaml_quotes():
    assert settled(area={"state": "06"})["run"].area == Area("state", "06")


def test_settle_reads_a_box_as_a_shell_user_types_it():
    area = settled(**read_command_line("area.box=24/50/-125/-66"))["run"].area
    assert area == Area("box", "", (24.0, 50.0, -125.0, -66.0))


def test_settle_gives_each_group_as_its_model_and_each_pollutant_its_name():
    found = settled()
    assert {name: type(found[name]) for name in PARAMETER_GROUPS} == PARAMETER_GROUPS
    assert found["co"] == {"pollutant": "co"}
    assert found["training"].backtest.folds == raw()["training"]["backtest"]["folds"]


def test_settle_reads_a_group_changed_on_the_command_line():
    training = raw()["training"]
    training["backtest"]["folds"] = "3"
    training["candidates"]["random_forest"] = None
    found = settled(training=training)["training"]
    assert found.backtest.folds == 3
    assert "random_forest" not in found.candidates.settings()


def test_as_of_is_today_where_it_is_not_given():
    before = date.today()
    assert before <= settled(as_of=None)["run"].as_of <= date.today()


@pytest.mark.parametrize(
    ("changed", "year"),
    [
        ({}, 2016),
        ({"first_year": "2018"}, 2018),
        ({"origins": "2019-03-01/2021-06-30"}, 2014),  # five years before the first origin
        ({"as_of": "1983-01-01"}, 1980),  # EPA has nothing before
    ],
)
def test_history_begins_five_years_before_the_first_origin(changed, year):
    assert settled(**changed)["run"].first_year == year


@pytest.mark.parametrize(
    ("origins", "days"),
    [
        ("latest", ["2021-06-30"]),
        ("2021-06-28", ["2021-06-28"]),
        ("2021-06-28/2021-06-30", ["2021-06-28", "2021-06-29", "2021-06-30"]),
        ("2021-06-01/2021-06-30/14", ["2021-06-01", "2021-06-15", "2021-06-29"]),
    ],
)
def test_origin_dates_are_the_days_forecasts_are_issued_from(origins, days):
    run = build_run(as_of="2021-06-30", origins=origins)
    assert run.origin_dates.tolist() == [pd.Timestamp(day) for day in days]
    assert run.is_hindcast == (origins != "latest")


@pytest.mark.parametrize("every", ["0", "-1", "x", "1.5"])
def test_origins_every_so_many_days_are_a_whole_number(every):
    with pytest.raises(ParameterError, match=f"origins: every '{every}' days cannot be"):
        settled(origins=f"2021-01-01/2021-02-01/{every}")


@pytest.mark.parametrize("horizon", [1, 14])
def test_horizon_days_may_be_one_to_fourteen(horizon):
    assert settled(horizon_days=str(horizon))["run"].horizon_days == horizon


@pytest.mark.parametrize("year", ["1980-01-01", "2021-06-30"])
def test_as_of_may_be_any_day_from_1980_on(year):
    assert settled(as_of=year)["run"].as_of.isoformat() == year


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"horizon_days": "0"}, "horizon_days: '0' cannot be; it should be greater than or equal to 1."),
        ({"horizon_days": 15}, "horizon_days: 15 cannot be; it should be less than or equal to 14."),
        ({"horizon_days": "7.5"}, "horizon_days: '7.5' cannot be; it should be a valid integer."),
        ({"source": "airnow"}, "source: 'airnow' cannot be; it should be 'sandbox', 'aqs', 'airdata' or 'table'."),
        ({"pollutants": ["pm25_acceptable"]}, "pollutants: 'pm25_acceptable' is not forecast on its own"),
        ({"seed": -1}, "seed: -1 cannot be; it should be greater than or equal to 0."),
        ({"as_of": "1979-12-31"}, "as_of: 1979-12-31 is before the data"),
        ({"first_year": 1979}, "first_year: 1979 cannot be; it should lie between 1980 and the year of as_of, 2021."),
        ({"first_year": 2022}, "first_year: 2022 cannot be; it should lie between 1980 and the year of as_of, 2021."),
        ({"horizn": 3}, "horizn: no such parameter. Did you mean horizon_days?"),
        ({"run": 3}, "run: no such parameter."),
        ({"area": {"nation": "us"}}, "area: sandbox is not asked for the nation; take source=airdata"),
        ({"area": {"nation": "us"}, "source": "aqs"}, "area: aqs is not asked for the nation; take source=airdata"),
        ({"source": "aqs"}, "area: every source but the sandbox needs one, such as area.cbsa=31080"),
        ({"source": "table", "area": {"nation": "us"}}, "table: source=table and table=PATH, a parquet file of"),
        (
            {"table": "values.parquet"},
            "table: source=table and table=PATH, a parquet file of daily values, go together.",
        ),
        ({"source": "airdata", "area": {"state": "06"}, "as_of": "2099-01-01"}, "as_of: 2099-01-01 is still to come"),
        ({"ingestion": {"recheck": 3}}, "ingestion.recheck: no such parameter. Did you mean recheck_days?"),
        ({"ingestion": {}}, "ingestion.recheck_days: no value is given."),
        (
            {"ingestion": "3"},
            "ingestion: '3' cannot be; it is a group of recheck_days, max_slice_rows, meteorology, airnow,",
        ),
    ],
)
def test_settle_refuses_in_one_line_what_cannot_be(changed, told):
    with pytest.raises(ParameterError) as refused:
        settled(**changed)
    assert str(refused.value).startswith(told)


UNITS = "feature_engineering.features.transforms"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("training.candidates.ridge.beta", 1, "training.candidates.ridge.beta: no such parameter. Known here: alpha."),
        (
            "training.candidates.persistence.beta",
            1,
            "training.candidates.persistence.beta: no such parameter. Known here: none.",
        ),
        ("training.candidates.ridge", 3, "training.candidates.ridge: 3 cannot be; it is a group of alpha."),
        ("training.backtest.fold", 1, "training.backtest.fold: no such parameter. Did you mean folds?"),
        (
            "training.warnings.cost_of_miss",
            {50: 1.0},
            "training.warnings.cost_of_miss: name a cost above 0 for each of 50,",
        ),
        (f"{UNITS}.pm25", "sqrt", f"{UNITS}.pm25: 'sqrt' cannot be; it should be 'log1p' or 'identity'."),
        (f"{UNITS}.soot", "log1p", f"{UNITS}: name a transform for each of pm25, ozone"),
    ],
)
def test_settle_names_the_place_within_a_group(path, value, told):
    group, *within, last = path.split(".")
    given = raw()[group]
    level = given
    for name in within:
        level = level[name]
    level[last] = value
    with pytest.raises(ParameterError) as refused:
        settled(**{group: given})
    assert str(refused.value).startswith(told)


def test_each_seed_of_the_sandbox_is_a_source_of_its_own():
    assert build_run(seed=7).source_label == "sandbox-7"
    assert build_run(source="aqs", area={"state": "06"}, seed=7).source_label == "aqs"


def test_the_nation_is_read_from_files():
    files = settled(source="airdata", area={"nation": "us"})["run"]
    table = settled(source="table", table="some/daily_values.parquet", area={"nation": "us"})["run"]
    assert re.fullmatch("table-daily_values-[0-9a-f]{6}", table.source_label)
    assert [(run.source_label, run.is_from_files) for run in (files, table, build_run())] == [
        ("airdata", True),
        (table.source_label, True),
        ("sandbox-20", False),
    ]


def test_tables_of_one_name_in_two_folders_are_two_sources(tmp_path, monkeypatch):
    def label(table):
        return settled(source="table", table=table, area={"nation": "us"})["run"].source_label

    monkeypatch.chdir(tmp_path)
    places = [f"{tmp_path}/one/values.parquet", f"{tmp_path}/two/values.parquet", "s3://one/values.parquet"]
    assert len({label(place) for place in places}) == 3
    assert label("one/values.parquet") == label("two/../one/values.parquet") == label(places[0])
