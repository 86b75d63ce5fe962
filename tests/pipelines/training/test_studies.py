import optuna
import pytest
from kedro.io.core import DatasetError

from airwatch.pipelines.training.studies import StudiesDataset, UnreadableStudiesError, opened


def test_the_dataset_tells_where_the_file_is_though_it_is_not_there_yet(tmp_path):
    studies = StudiesDataset(filepath=str(tmp_path / "pm25.db"))
    assert studies.exists()
    assert studies.load() == tmp_path / "pm25.db"
    assert not studies.load().exists()


def test_nothing_is_saved_to_it(tmp_path):
    with pytest.raises(DatasetError):
        StudiesDataset(filepath=str(tmp_path / "pm25.db")).save(None)


def test_what_one_process_stores_the_next_one_finds(tmp_path):
    path = tmp_path / "tuning/pm25.db"
    with opened(path) as storage:
        optuna.create_study(storage=storage, study_name="ridge")
    with opened(path) as storage:
        assert optuna.get_all_study_names(storage) == ["ridge"]


def test_without_a_file_trials_are_forgotten():
    with opened(None) as storage:
        optuna.create_study(storage=storage, study_name="ridge")
    with opened(None) as storage:
        assert optuna.get_all_study_names(storage) == []


def test_a_damaged_file_is_named_with_the_remedy(tmp_path):
    path = tmp_path / "pm25.db"
    path.write_text("not a database" * 100)
    with pytest.raises(UnreadableStudiesError, match=r"pm25\.db.*Move it away"), opened(path):
        pass
