import sqlite3

import pytest

from airwatch.model_registry import UnreadableStoreError, make_store


def tables(path):
    with sqlite3.connect(path) as database:
        return {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}


def test_make_store_makes_all_of_mlflow_s_tables_and_leaves_nothing_else(tmp_path):
    make_store(f"sqlite:///{tmp_path}/new/mlflow.db")
    assert {"experiments", "registered_models", "model_versions"} <= tables(tmp_path / "new/mlflow.db")
    assert [path.name for path in (tmp_path / "new").iterdir() if path.suffix == ".part"] == []


def test_make_store_begins_again_where_a_process_died_meanwhile(tmp_path):
    (tmp_path / "mlflow.db.part").write_bytes(b"half a database")
    make_store(f"sqlite:///{tmp_path}/mlflow.db")
    assert "experiments" in tables(tmp_path / "mlflow.db")


def test_make_store_leaves_a_store_that_is_there_alone(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"SQLite format 3\0somebody's")
    make_store(f"sqlite:///{tmp_path}/mlflow.db")
    assert (tmp_path / "mlflow.db").read_bytes() == b"SQLite format 3\0somebody's"


@pytest.mark.parametrize("content", [b"", b"not a database at all"])
def test_make_store_names_a_file_that_is_no_database(tmp_path, content):
    (tmp_path / "mlflow.db").write_bytes(content)
    with pytest.raises(UnreadableStoreError, match=r"mlflow\.db, MLflow's database, is damaged\. Move it away"):
        make_store(f"sqlite:///{tmp_path}/mlflow.db")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "postgresql://mlflow@db/mlflow"])
def test_make_store_leaves_a_server_s_store_to_the_server(tmp_path, monkeypatch, uri):
    monkeypatch.chdir(tmp_path)
    make_store(uri)
    assert list(tmp_path.iterdir()) == []
