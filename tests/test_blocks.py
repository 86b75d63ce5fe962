from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch.blocks import stacked, whole_sites

SITES = ["06-037-0001", "06-037-0002", "06-059-0003"]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.lists(st.integers(0, 20), max_size=6), st.integers(1, 9))
def test_blocks_of_frames_cut_anywhere_are_whole_sites(lengths, cuts, rows):
    sites = pd.DataFrame({"site_id": np.repeat([f"06-037-{n:04d}" for n in range(len(lengths))], lengths)})
    edges = sorted(min(cut, len(sites)) for cut in [0, *cuts, len(sites)])
    blocks = list(whole_sites((sites.iloc[a:b] for a, b in pairwise(edges)), rows))
    assert_frame_equal(pd.concat(blocks, ignore_index=True), sites)
    assert sum(block["site_id"].nunique() for block in blocks) == len(lengths)
    assert all(len(block) <= rows or block["site_id"].nunique() == 1 for block in blocks)


def test_categories_that_differ_become_those_of_all():
    frames = [pd.DataFrame({"site_id": pd.Categorical([site]), "value": [1.0]}) for site in SITES]
    assert stacked(frames)["site_id"].tolist() == SITES
    assert stacked(frames[::-1])["site_id"].tolist() == SITES[::-1]
    assert stacked(frames[::-1])["site_id"].dtype.categories.tolist() == SITES


def test_a_column_of_categories_without_any_takes_those_of_the_next_frame():
    nothing = pd.DataFrame({"site_id": pd.Categorical([None]), "value": [1.0]})
    site = pd.DataFrame({"site_id": pd.Categorical(SITES[:1]), "value": [1.0]})
    assert stacked([nothing, site])["site_id"].astype("str").fillna("").tolist() == ["", SITES[0]]


def test_stacked_frames_have_the_attributes_of_the_first():
    frames = [pd.DataFrame({"site_id": [site]}) for site in SITES]
    frames[0].attrs = {"a": 1}
    assert stacked(frames).attrs == {"a": 1}
