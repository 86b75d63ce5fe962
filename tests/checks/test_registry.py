import pytest
from mlflow.tracking import MlflowClient

from airwatch.checks.registry import Tracking, champions, database, experiment, tracking
from airwatch.checks.report import Status

MODELS = {"pm25": "airwatch-pm25", "ozone": "airwatch-ozone"}


@pytest.fixture
def at(data_root):
    """MLflow in a file of a data root."""
    return Tracking(f"sqlite:///{data_root}/mlflow.db", "airwatch", f"{data_root}/mlflow")


def register(at, name, folder):
    """A version of a model, champion, whose files are in a folder."""
    client = MlflowClient(at.uri)
    client.create_registered_model(name)
    version = client.create_model_version(name, str(folder))
    client.set_registered_model_alias(name, "champion", version.version)


def packed(folder):
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}")
    return folder


def test_a_file_that_the_first_run_will_make_is_left_to_it(tmp_path):
    at = Tracking(f"sqlite:///{tmp_path}/mlflow.db", "airwatch", str(tmp_path))
    found = [tracking(at), database(at), experiment(at), champions(at, MODELS)]
    assert {each.status for each in found} == {Status.SKIPPED}
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_ours_is_checked_whole(at):
    found = database(at)
    assert found.status is Status.OK
    assert "mlflow.db is intact" in found.found
    assert "0 versions of models" in found.found


def test_a_damaged_file_is_named_with_its_remedy(at):
    content = bytearray(at.file.read_bytes())
    content[8192:40960] = b"\xff" * (40960 - 8192)  # whole pages, after the first that name the tables
    at.file.write_bytes(content)
    found = database(at)
    assert found.status is Status.ERROR
    assert str(at.file) in found.found
    assert "Put back a copy" in found.remedy


def test_a_file_that_is_no_database_is_named(at):
    at.file.write_bytes(b"something else" * 100)
    assert database(at).found == f"{at.file}: file is not a database"


def test_looking_at_a_file_changes_nothing(at):
    MlflowClient(at.uri).search_experiments()  # as the first run does: it enters MLflow's default experiment
    before = at.file.read_bytes()
    assert {check(at).status for check in (tracking, database, experiment)} == {Status.OK}
    assert at.file.read_bytes() == before
    assert not [path for path in at.file.parent.iterdir() if path != at.file]


def test_an_experiment_whose_files_go_elsewhere_is_a_warning(at):
    MlflowClient(at.uri).create_experiment("airwatch", artifact_location="s3://another/mlflow")
    found = experiment(at)
    assert found.status is Status.WARNING
    assert "s3://another/mlflow" in found.found


def test_an_experiment_that_is_deleted_is_an_error(at):
    client = MlflowClient(at.uri)
    number = client.create_experiment("airwatch", artifact_location=at.artifacts)
    assert experiment(at).status is Status.OK
    client.delete_experiment(number)
    assert experiment(at).status is Status.ERROR
    assert experiment(at).remedy == f"Restore it: mlflow experiments restore -x {number}"


def test_before_the_first_training_there_is_no_champion(at):
    assert champions(at, MODELS).status is Status.SKIPPED


def test_a_pollutant_without_a_champion_is_named(at, tmp_path):
    register(at, "airwatch-pm25", packed(tmp_path / "model"))
    found = champions(at, MODELS)
    assert (found.status, found.found) == (Status.WARNING, "pm25: version 1, ozone: none")
    assert found.remedy.endswith("pollutants=ozone")
    assert champions(at, {"pm25": "airwatch-pm25"}).status is Status.OK


def test_a_champion_whose_files_are_gone_is_an_error(at, tmp_path):
    register(at, "airwatch-pm25", tmp_path / "gone")
    found = champions(at, {"pm25": "airwatch-pm25"})
    assert found.status is Status.ERROR
    assert "the files of airwatch-pm25 version 1 are gone" in found.found


def test_a_server_that_is_not_there_is_an_error_once(nobody):
    at = Tracking(nobody.replace("//", "//someone:canary@"), "airwatch", "s3://artifacts/mlflow")
    found = tracking(at)
    assert (found.status, found.found) == (Status.ERROR, f"{nobody}: no connection")
    assert "MLFLOW_TRACKING_URI" in found.remedy
    assert {check(at).status for check in (database, experiment)} == {Status.SKIPPED}
    assert champions(at, MODELS).status is Status.SKIPPED


def test_a_server_that_fails_is_an_error(answering):
    at = Tracking(answering(503).url, "airwatch", "s3://artifacts/mlflow")
    assert tracking(at).found.endswith("HTTP 503")
