import numpy as np
import pytest

from airwatch.features.compiled import cache_folder, compiled


def total(values):
    found = 0.0
    for number in range(len(values)):
        found += values[number]
    return found


def ratio(numerator, denominator):
    return numerator / denominator


def test_sums_keep_the_order_in_which_they_are_written():
    # One is lost beside 1e16; summed in lanes or pairs some of the ones would come together first and be kept.
    values = np.array([1e16, *[1.0] * 1_000, -1e16])
    assert compiled(total)(values) == 0.0


@pytest.mark.parametrize(("numerator", "expected"), [(0.0, np.nan), (1.0, np.inf)])
def test_a_division_by_zero_is_not_an_error(numerator, expected):
    np.testing.assert_equal(compiled(ratio)(numerator, 0.0), expected)


def test_where_nothing_can_be_written_a_function_is_compiled_all_the_same(monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert compiled(total)(np.array([1.0, 2.0])) == 3.0


def test_a_change_in_any_source_leaves_no_machine_code_of_the_sources_before(tmp_path):
    (tmp_path / "constants.py").write_text("FEW = 3\n")
    (tmp_path / "sweep.py").write_text("from constants import FEW\n")
    before = cache_folder(tmp_path)
    assert cache_folder(tmp_path) == before
    (tmp_path / "constants.py").write_text("FEW = 4\n")
    assert cache_folder(tmp_path) != before
