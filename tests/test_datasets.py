import json

import pandas as pd
import plotly.graph_objects as go
import pytest
from kedro.io import DatasetError
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.cluster import Engines
from airwatch.datasets import (
    EnginesDataset,
    EpaServicesDataset,
    FigureDataset,
    JsonFileDataset,
    TableDataset,
    TextFileDataset,
)
from airwatch.tables import UnreadableTableError
from builders import build_days, build_run


def test_a_table_comes_back_as_it_was_saved(tmp_path):
    table, days = TableDataset(filepath=f"{tmp_path}/deep/days.parquet"), build_days(3)
    table.save(days)
    assert_frame_equal(schemas.DailyObservations.validate(table.load()), schemas.DailyObservations.validate(days))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["days.parquet"]


def test_a_table_keeps_no_index(tmp_path):
    table = TableDataset(filepath=f"{tmp_path}/days.parquet")
    table.save(build_days(3).set_index(pd.Index([7, 8, 9])))
    assert table.load().index.tolist() == [0, 1, 2]


def test_saving_a_table_again_replaces_it(tmp_path):
    table = TableDataset(filepath=f"{tmp_path}/days.parquet")
    table.save(build_days(3))
    assert table.exists()
    table.save(build_days(2))
    assert len(table.load()) == 2


def test_a_table_that_is_not_there_is_an_error_that_names_it(tmp_path):
    table = TableDataset(filepath=f"{tmp_path}/days.parquet")
    assert not table.can_be_absent
    assert not table.exists()
    with pytest.raises(DatasetError, match=r"days\.parquet is not there; run the pipeline that makes it"):
        table.load()


def test_a_table_that_can_be_absent_reads_as_the_empty_one(tmp_path):
    table = TableDataset(filepath=f"{tmp_path}/forecasts.parquet", when_absent="Forecasts")
    assert table.can_be_absent
    assert_frame_equal(table.load(), schemas.empty("Forecasts"))


@pytest.mark.parametrize("content", [b"", b"not a table", b"PAR1 and no more PAR1"])
def test_a_file_that_is_no_table_is_named_with_the_remedy(tmp_path, content):
    path = tmp_path / "days.parquet"
    path.write_bytes(content)
    with pytest.raises(DatasetError) as failed:
        TableDataset(filepath=str(path)).load()
    assert isinstance(failed.value.__cause__, UnreadableTableError)
    assert f"{path} is not a readable parquet table" in str(failed.value.__cause__)
    assert "Move it away and run the pipeline" in str(failed.value.__cause__)


def test_a_text_comes_back_with_its_letters(tmp_path):
    page = TextFileDataset(filepath=f"{tmp_path}/a/page.html")
    assert not page.exists()
    page.save("<p>9.1 µg/m³</p>")
    assert page.load() == "<p>9.1 µg/m³</p>"
    assert page.exists()


def test_an_earlier_text_survives_a_run_that_has_none(tmp_path):
    card = TextFileDataset(filepath=f"{tmp_path}/card.md")
    card.save("")
    assert not card.exists()
    card.save("as it was")
    card.save("")
    assert card.load() == "as it was"


def test_a_json_document_is_written_with_its_keys_in_order(tmp_path):
    document = JsonFileDataset(filepath=f"{tmp_path}/report.json")
    document.save({"b": [1, None], "a": pd.Timestamp("2021-06-30")})
    assert document.load() == {"a": "2021-06-30 00:00:00", "b": [1, None]}
    assert list(json.loads((tmp_path / "report.json").read_text())) == ["a", "b"]


def test_a_figure_comes_back_and_is_previewed_as_json(tmp_path):
    figure = FigureDataset(filepath=f"{tmp_path}/figure.json")
    figure.save(go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name="mean")))
    assert figure.load().data[0].name == "mean"
    assert figure.preview()["data"][0]["y"] == [3, 4]


def services(**changed):
    given = {
        "base_url": "http://127.0.0.1:1",
        "airdata_url": "http://127.0.0.1:2",
        "airnow_url": "http://127.0.0.1:3",
        "downloads": "parts",
        "path": "pace",
        "credentials": {"email": "secret:NO", "key": "secret:NO"},
    }
    return EpaServicesDataset(**{**given, **changed})


def test_epa_services_are_handed_out_without_looking_a_secret_up():
    found = services().load()
    assert (found.base_url, found.pace_path) == ("http://127.0.0.1:1", "pace")
    assert (found.airdata_url, found.downloads) == ("http://127.0.0.1:2", "parts")
    with found.open(build_run(source="aqs", area={"state": "06"})):
        pass  # a client is made, nothing is asked


def test_epa_services_reveal_the_credentials_when_they_are_called_for(monkeypatch):
    monkeypatch.setenv("AN_EMAIL", "someone@example.org")
    found = services(credentials={"email": "secret:AN_EMAIL", "key": "aKey"}).load()
    assert found.credentials() == ("someone@example.org", "aKey")


def test_epa_services_tell_nothing_of_their_credentials():
    held = services(credentials={"email": "someone@example.org", "key": "aKey"})
    assert "aKey" not in repr(held) + str(held) + repr(held.load())


def test_nothing_is_written_to_epa():
    with pytest.raises(DatasetError, match="only be read"):
        services().save("anything")


def test_engines_are_handed_out_without_a_connection():
    engines = EnginesDataset(scheduler="tcp://127.0.0.1:1")
    assert engines.load() == Engines("tcp://127.0.0.1:1")
    with pytest.raises(DatasetError, match="only be used"):
        engines.save("anything")
