from importlib.metadata import version

import pytest

from airwatch.model_registry import ModelShelf, NewerLibraryError, libraries


def with_libraries(monkeypatch, **installed):
    """As if these versions were installed: ``xgboost="2.9.1"``."""
    real = libraries.version
    monkeypatch.setattr(libraries, "version", lambda name: installed.get(name.replace("-", "_")) or real(name))


def test_a_model_of_a_newer_library_is_refused_by_its_name_with_both_versions_and_the_remedy(shelf, monkeypatch):
    with_libraries(monkeypatch, xgboost="2.9.1", pandas="2.3.0")
    with pytest.raises(NewerLibraryError) as refused:
        shelf.load()
    xgboost, pandas = version("xgboost"), version("pandas")
    assert str(refused.value) == (
        f"airwatch-pm25 version 2 was trained with pandas {pandas} (2.3.0 is installed) and xgboost {xgboost} (2.9.1 "
        f"is installed), which may not read it rightly. Install pandas {pandas} and xgboost {xgboost} or newer, or "
        "train again: kedro run --pipelines training"
    )


@pytest.mark.parametrize("installed", ["{0}.{1}.0", "{0}.{1}.99", "{0}.99.0", "99.0.0", "{0}.{1}.1rc1"])
def test_a_model_of_the_same_minor_version_or_an_earlier_one_is_loaded(shelf, monkeypatch, installed):
    major, minor, *_ = version("scikit-learn").split(".")
    with_libraries(monkeypatch, scikit_learn=installed.format(major, minor))
    assert shelf.load().version == "2"


def test_versions_are_compared_as_numbers_and_not_as_text(register, first, monkeypatch):
    shelf = ModelShelf("airwatch-lead")
    with monkeypatch.context() as before:
        with_libraries(before, numpy="1.9.3")
        register(shelf, first)
    with_libraries(monkeypatch, numpy="1.10.0")
    assert shelf.load().version == "1"


def test_a_model_that_could_not_be_loaded_here_is_not_made_champion(shelf, monkeypatch):
    with_libraries(monkeypatch, pandas="2.3.0")
    with pytest.raises(NewerLibraryError, match=r"airwatch-pm25 version 1 was trained with pandas"):
        shelf.promote("1", "it was better")
    assert shelf.version().number == "2"
