import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from airwatch.pipelines.feature_engineering.labels import Labels

TEXTS = ["b", "a", None, "b"]


@pytest.fixture(params=["object", "str", "string", "category"])
def labels(request):
    return Labels.of(pd.Series(TEXTS, dtype=request.param))


def test_codes_number_the_sorted_values_and_mark_the_missing(labels):
    assert labels.values == ("a", "b")
    assert_array_equal(labels.codes, [1, 0, -1, 1])


def test_categories_in_another_order_give_the_same_codes():
    column = pd.Series(pd.Categorical(TEXTS, categories=["b", "c", "a"]))
    assert Labels.of(column).texts(np.arange(4)).fillna("-").tolist() == ["b", "a", "-", "b"]
    assert Labels.of(column).codes[0] > Labels.of(column).codes[1]


def test_among_is_false_for_a_missing_text(labels):
    assert_array_equal(labels.among(["b", "z"]), [True, False, False, True])


def test_ranks_are_places_in_the_list_of_preference(labels):
    assert_array_equal(labels.ranks(["b", None]), [0, -1, 1, 0])


def test_mapped_texts_may_fall_together(labels):
    mapped = labels.mapped(lambda text: "b" if text == "a" else text or "none")
    assert mapped.texts(np.arange(4)).tolist() == ["b", "b", "none", "b"]


def test_a_column_without_a_row():
    empty = Labels.of(pd.Series([], dtype="str"))
    assert_array_equal(empty.among(["a"]), [])
