import pytest

from airwatch.archive import RawArchiveDataset


@pytest.fixture
def archive(tmp_path):
    """``archive(reply, …)``: what an archive holds that these replies were stored in, one after the other."""
    dataset = RawArchiveDataset(path=str(tmp_path / "raw"))

    def store(*replies):
        for one in replies:
            dataset.save(one)
        return dataset.load()

    return store
