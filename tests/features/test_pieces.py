"""What a piece of the table holds, and that it is the same to the bit however the table is cut."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from airwatch.features.pieces import as_frame
from builders_features import build_network, build_piece, build_plain_spec

NAN = np.nan
SPEC = build_plain_spec()
NAMES = SPEC.columns(("co",), 2)
DAYS = 150


@pytest.fixture(scope="module")
def network():
    """Seven sites, near by and far off, that begin in the days looked back to, in the first months, on the last day."""
    rng = np.random.default_rng(5)
    places = np.column_stack([rng.uniform(38, 42, 7), rng.uniform(-104, -96, 7)])
    places[4], places[5], places[6] = (10.0, 20.0), places[0], NAN
    grid = rng.gamma(3.0, 2.0, (7, 60 + DAYS))
    grid[rng.random(grid.shape) < 0.1] = NAN
    for site, begin in ((1, 60 + 40), (2, 60 + 130), (3, 60 + DAYS - 1), (6, 61)):
        grid[site, :begin], grid[site, begin] = NAN, 4.0
    return build_network(places, grid, DAYS, SPEC)


def block(piece):
    out = np.empty((len(NAMES), len(piece)), dtype=np.float32)
    piece.write(out)
    return out


def test_a_piece_has_a_row_for_each_origin_from_a_sites_first_observation_on(network):
    piece = build_piece(network)
    assert piece.lengths.tolist() == [DAYS, DAYS - 40, 20, 1, DAYS, DAYS, DAYS - 1]
    assert len(piece) == 4 * DAYS + 110 + 20


def test_the_frame_of_a_piece_is_in_the_order_of_sites_and_days(network):
    frame = build_piece(network, [3, 1]).frame()
    days = network.axis.origins
    assert frame["site_id"].tolist() == ["03"] + ["01"] * 110
    assert list(frame["origin_date"]) == [days[-1], *days[40:]]
    assert set(frame["pollutant"]) == {"co"}
    assert list(frame.columns) == ["site_id", "pollutant", "origin_date", *NAMES]
    assert set(frame.dtypes[3:].astype(str)) == {"float32"}


def test_every_cell_is_written_and_no_other(network):
    piece = build_piece(network, [1, 2])
    out = np.full((len(NAMES), len(piece) + 9), 77.7, dtype=np.float32)
    piece.write(out, 4)
    again = np.full_like(out, -1)
    piece.write(again, 4)
    rows = np.s_[4 : 4 + len(piece)]
    assert out[:, rows].tobytes() == again[:, rows].tobytes()
    assert (np.delete(out, rows, axis=1) == np.float32(77.7)).all()


@pytest.mark.parametrize("own", [[0], [3], [6], [2, 3], [5, 0], [1, 3, 6]])
def test_the_rows_of_a_site_have_the_same_bits_in_whatever_piece_they_are(network, own):
    everyone = build_piece(network)
    ends = np.cumsum(everyone.lengths)
    whole = block(everyone)
    expected = np.hstack([whole[:, ends[site] - everyone.lengths[site] : ends[site]] for site in own])
    assert block(build_piece(network, own)).tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("own", [[0], [3], [4], [6], [2, 3, 5]])
def test_a_piece_sent_elsewhere_with_nothing_but_what_it_needs_has_the_same_bits(network, own):
    piece = build_piece(network, own)
    sent = pickle.loads(pickle.dumps(piece))
    assert sent.network.site_ids.tolist() == piece.alone().network.site_ids.tolist()
    assert block(sent).tobytes() == block(piece).tobytes()
    pd.testing.assert_frame_equal(sent.frame(), piece.frame())


def test_a_piece_alone_holds_its_sites_and_their_neighbours(network):
    alone = build_piece(network, [4]).alone()
    assert alone.network.site_ids.tolist() == ["04"]
    near = build_piece(network, [5]).alone()
    assert {"04", "06"}.isdisjoint(near.network.site_ids)
    assert {"00", "05"} <= set(near.network.site_ids)


def test_a_piece_says_whose_features_it_holds(network):
    assert str(build_piece(network, [1, 2, 5])) == "the features of co at 01 to 05"


@pytest.mark.parametrize("threads", [2, 3, 20])
def test_a_survey_has_the_same_bits_whatever_the_threads(network, threads):
    again = build_network(network.places, network.values, DAYS, SPEC, threads)
    for name in ("level", "anomaly", "smoky", "usual", "usual_of_region", "network"):
        assert getattr(again, name).tobytes() == getattr(network, name).tobytes()


def test_pieces_stand_one_behind_the_other(network):
    pieces = [build_piece(network, own) for own in ([0, 1], [2, 3], [4, 5, 6])]
    out = np.empty((len(NAMES), sum(map(len, pieces))), dtype=np.float32)
    for piece, row in zip(pieces, np.cumsum([0, *map(len, pieces[:-1])]), strict=True):
        piece.write(out, int(row))
    whole = build_piece(network)
    assert out.tobytes() == block(whole).tobytes()
    pd.testing.assert_frame_equal(as_frame(out, pieces), whole.frame())


def test_the_place_of_a_site_is_in_each_of_its_rows(network):
    columns = dict(zip(NAMES, block(build_piece(network, [3, 4])), strict=True))
    assert_array_equal(columns["latitude"], np.float32([network.places[3, 0], *[10.0] * DAYS]))
    assert_array_equal(columns["longitude"], np.float32([network.places[3, 1], *[20.0] * DAYS]))


def test_the_deviation_is_the_newest_value_less_what_is_usual(network):
    columns = dict(zip(NAMES, block(build_piece(network, [1])), strict=True))
    expected = columns["value_last"] - columns["value_climatology_00"]
    assert_array_equal(columns["deviation_climatology"], expected)
