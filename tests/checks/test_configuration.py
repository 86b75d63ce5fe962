import pytest

from airwatch.checks.configuration import (
    Configuration,
    catalog,
    needed_variables,
    other_variables,
    parameters,
    variable,
)
from airwatch.checks.report import Status
from airwatch.commands.project import Project
from conftest import PROJECT

PROD = ["MLFLOW_TRACKING_URI", "S3_DATA_BUCKET_NAME", "S3_MLFLOW_ARTIFACTS_BUCKET_NAME"]


def read(env=None, **given):
    return Configuration.read(Project.opened(env, given).loader)


def test_the_configuration_of_a_clean_clone_is_sound(data_root):
    found = read()
    assert parameters(found).status is Status.OK
    assert catalog(found).status is Status.OK
    assert catalog(found).found == f"{len(found.entries)} entries"


def test_a_parameter_that_cannot_be_is_told_and_the_catalog_stands(data_root):
    found = read(source="aqs", area=None)
    assert parameters(found).status is Status.ERROR
    assert "area" in parameters(found).found
    assert catalog(found).status is Status.OK


def test_a_variable_that_prod_lacks_is_named(data_root, monkeypatch):
    for name in PROD:
        monkeypatch.delenv(name, raising=False)
    found = catalog(read("prod"))
    assert found.status is Status.ERROR
    assert "S3_DATA_BUCKET_NAME is not set" in found.found
    told = variable("S3_DATA_BUCKET_NAME", "prod")
    assert (told.status, "--env prod" in told.remedy) == (Status.ERROR, True)


def test_an_entry_that_cannot_be_made_is_named(data_root):
    loader = Project.opened().loader
    broken = {"sites": {"type": "airwatch.datasets.TableDataset", "filepat": "sites.parquet"}}
    found = catalog(
        Configuration("local", {kind: loader[kind] for kind in ("credentials", "mlflow")} | {"catalog": broken})
    )
    assert found.status is Status.ERROR
    assert found.found.startswith("sites: ")
    assert "filepat" in found.found


@pytest.mark.parametrize(("env", "needed"), [("local", []), ("cluster", []), ("prod", PROD), ("staging", PROD)])
def test_what_an_environment_cannot_do_without(env, needed):
    assert needed_variables(PROJECT / "conf", ("base", env)) == needed


def test_a_variable_in_a_comment_is_not_needed(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base/globals.yml").write_text("a: ${env:ASKED}  # not ${env:NAMED}\nb: ${env:GIVEN, ''}\n")
    assert needed_variables(tmp_path, ["base"]) == ["ASKED"]


def test_the_other_variables_are_told_without_their_values(tmp_path, monkeypatch):
    example = tmp_path / ".env.example"
    example.write_text("# About it\nFIRST=\nSECOND=\nTHIRD=\nSWITCH=1\n")
    for name in ("FIRST", "SECOND", "THIRD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECOND", "canary")
    assert other_variables(example, ["THIRD"]).found == "set: SECOND; not set: FIRST"
