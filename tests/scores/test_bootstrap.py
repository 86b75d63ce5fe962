import numpy as np
import pytest

from airwatch.scores.bootstrap import BlockBootstrap

ONES = np.ones((1, 4))


def test_blocks_are_drawn_whole():
    # Two blocks of ratios 1 and 3, each two rows: samples have 1, 2 or 3, a quarter of them either end.
    ends = BlockBootstrap(400, 1).ratios(np.array([5, 5, 9, 9]), np.array([[0.0, 2.0, 6.0, 0.0]]), ONES)
    assert ends.ravel().tolist() == [1.0, 3.0]


def test_a_sample_with_nothing_below_the_line_has_no_ratio():
    # Only the second block has anything: samples without it are left out, in the rest the ratio is 3.
    below = np.array([[0.0, 0.0, 1.0, 1.0]])
    ends = BlockBootstrap(400, 1).ratios(np.array([0, 0, 1, 1]), 3 * below, below)
    assert ends.ravel().tolist() == [3.0, 3.0]


@pytest.mark.parametrize(("blocks", "below"), [([7, 7, 7, 7], ONES), ([0, 0, 1, 1], 0 * ONES)])
def test_one_block_or_nothing_below_the_line_gives_no_interval(blocks, below):
    assert np.isnan(BlockBootstrap(50, 1).ratios(np.array(blocks), ONES, below)).all()


def test_percentiles_are_numpy_s():
    rng = np.random.default_rng(2)
    blocks, above = np.arange(30), rng.normal(size=(3, 30))
    drawn = np.random.default_rng(7).multinomial(30, np.full(30, 1 / 30), size=101) @ above.T / 30
    found = BlockBootstrap(101, 7).ratios(blocks, above, np.ones((3, 30)))
    assert found == pytest.approx(np.quantile(drawn, [0.05, 0.95], axis=0))
