from datetime import UTC, datetime, timedelta

from airwatch.datasets import TextFileDataset
from airwatch.listing import FolderDataset


def test_a_folder_is_listed_by_name_with_sizes_and_times(tmp_path):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/pm25.md").write_text("# Card")
    (tmp_path / "a.html").write_text("page")
    files = FolderDataset(path=str(tmp_path)).load()
    assert [(file.name, file.size) for file in files] == [("a.html", 4), ("cards/pm25.md", 6)]
    assert all(abs(file.written - datetime.now(UTC)) < timedelta(minutes=5) for file in files)


def test_what_is_being_written_is_not_listed(tmp_path):
    (tmp_path / "a.html.part").write_text("pa")
    assert FolderDataset(path=str(tmp_path)).load() == []


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path):
    assert FolderDataset(path=str(tmp_path / "none")).load() == []


def test_a_folder_on_s3_is_listed_with_the_same_names(s3, bucket, monkeypatch):
    for name, value in s3.variables(bucket).items():
        monkeypatch.setenv(name, value)
    TextFileDataset(filepath=f"s3://{bucket}/reports/cards/pm25.md").save("# Card")
    [file] = FolderDataset(path=f"s3://{bucket}/reports").load()
    assert (file.name, file.size) == ("cards/pm25.md", 6)
    assert abs(file.written - datetime.now(UTC)) < timedelta(minutes=5)
