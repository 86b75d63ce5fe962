import pytest

from airwatch.commands.project import Project
from airwatch.inspection.describe import describe, find, listed
from airwatch.inspection.description import NothingThereError
from airwatch.inspection.entries import entries_of
from builders import build_days


@pytest.fixture
def project(data_root):
    return Project.opened()


@pytest.fixture
def entries(project):
    return entries_of(project.loader["catalog"], project.loader["credentials"])


def test_each_namespace_has_its_entries(entries, data_root):
    entry = find("pm25.candidate_scores", entries)
    assert entry.address == f"{data_root}/06_models/candidates/pm25_scores.parquet"
    assert (entry.schema.__name__, entry.maker) == ("BacktestScores", "training")
    assert "co.forecasts" in entries


def test_a_name_that_is_none_is_answered_with_the_nearest(entries):
    with pytest.raises(NothingThereError, match=r"There is no 'featurs' in the catalog. Do you mean features"):
        find("featurs", entries)
    with pytest.raises(NothingThereError, match=r"There is no 'zzz' in the catalog. airwatch inspect lists"):
        find("zzz", entries)


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("features", "feature_engineering"),
        ("pm25.candidate_gate", "training"),
        ("forecast_ledger", "inference"),
        ("issued_forecasts", "inference"),  # the same folder
        ("raw_aqs_index", "ingestion"),
        ("drift_report", "monitoring"),
    ],
)
def test_what_is_not_there_yet_names_the_pipeline_that_makes_it(entries, name, maker):
    with pytest.raises(NothingThereError, match=f"{name} is not there yet .* kedro run --pipelines {maker}$"):
        describe(entries[name])


def test_a_table_is_described_with_its_scope_and_a_sample(project, entries):
    days = build_days(3)
    days.attrs = {"made_for": {"area": "state-06"}}
    project.catalog("daily_observations").save("daily_observations", days)
    found = describe(entries["daily_observations"], rows=2)
    assert found.what == "One value for each site, pollutant (or kind of weather) and day, in the AQS unit."
    assert (found.facts["rows"], found.facts["sites"], found.facts["files"]) == (3, 1, 1)
    assert found.facts["made_for"] == {"area": "state-06"}
    assert [row["value"] for row in found.tables["sample"]] == [1.0, 2.0]
    assert found.as_json()["first day"] == "2023-01-01"
    assert found.as_json()["sample"][0]["date_local"] == "2023-01-01"


def test_a_report_is_described_by_its_size_and_its_keys(project, entries, data_root):
    catalog = project.catalog("drift_report", "drift_report_html")
    catalog.save("drift_report", {"as_of": "2023-01-01", "metrics": []})
    catalog.save("drift_report_html", "<html></html>")
    assert describe(entries["drift_report"]).facts["keys"] == "as_of, metrics"
    page = describe(entries["drift_report_html"])
    assert (page.facts["bytes"], "written" in page.facts) == (len("<html></html>"), True)


def test_a_model_is_left_to_the_verb_for_models(entries):
    assert describe(entries["ozone.model"]).facts["see"] == "airwatch models show ozone"


@pytest.mark.parametrize("name", ["engines", "epa_services"])
def test_what_is_no_file_is_told_as_such(entries, name):
    with pytest.raises(NothingThereError, match=f"{name} is no table: "):
        describe(entries[name])


def test_the_list_has_what_is_there_what_is_not_and_what_is_damaged(project, entries, data_root):
    project.catalog("daily_observations").save("daily_observations", build_days(3))
    (data_root / "03_primary/sites.parquet").write_bytes(b"not parquet")
    lines = {line["table"]: line for line in listed(entries.values())}
    there = lines["daily_observations"]
    assert (there["rows"], there["made by"], there["note"]) == (3, "feature_engineering", None)
    assert (str(there["first"])[:10], str(there["last"])[:10]) == ("2023-01-01", "2023-01-03")
    assert lines["features"]["note"] == "not there yet"
    assert "is not a readable parquet table" in lines["sites"]["note"]
    assert "engines" not in lines


def test_the_list_is_in_the_order_of_the_pipelines(entries):
    made_by = [line["made by"] for line in listed(entries.values())]
    order = ["ingestion", "feature_engineering", "training", "inference", "monitoring"]
    assert list(dict.fromkeys(filter(None, made_by))) == order


def test_the_folder_of_an_entry_is_the_one_it_is_or_lies_in(entries, data_root):
    assert entries["sites"].folder == f"{data_root}/03_primary"
    assert entries["forecast_ledger"].folder == f"{data_root}/07_model_output/forecast_ledger"
    assert entries["epa_services"].folder == f"{data_root}/01_raw"
    assert entries["engines"].folder == ""
