import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from airwatch.forecasting.ranks import EDGES, Levels, RecencyParams, RecentRanks

NAN = np.nan
TOP, LOW, MIDDLE = 0.97, 0.01, 0.40  # cells 7, 0 and 3 of the eight between the edges


def days(*numbers: int) -> np.ndarray:
    """Days of January 2023."""
    return np.array([f"2023-01-{number:02d}" for number in numbers], dtype="datetime64[D]")


def count(origins: np.ndarray, *levels: list[float]) -> RecentRanks:
    return RecentRanks.count(origins, np.array(levels))


def worth(ranks: RecentRanks, origin: int, lead: int = 1, **recency: int) -> list[float]:
    """What the edges are worth as of a day of January."""
    params = RecencyParams(**{"days": 3, "prior_days": 2, "prior_count": 4} | recency)
    return ranks.levels_at(days(origin), params).cumulative[0, lead - 1].tolist()


def counted(ranks: RecentRanks) -> dict[tuple[str, int, int], int]:
    """The counts that are not zero, by day, lead and cell."""
    return {
        (str(ranks.first + int(day)), int(lead) + 1, int(cell)): int(ranks.counts[day, lead, cell])
        for day, lead, cell in zip(*np.nonzero(ranks.counts), strict=True)
    }


def test_an_observation_is_counted_on_its_day_at_its_lead_and_level():
    ranks = count(days(1, 1, 2), [MIDDLE, TOP], [MIDDLE, NAN], [LOW, TOP])
    assert counted(ranks) == {
        ("2023-01-02", 1, 3): 2,
        ("2023-01-03", 1, 0): 1,
        ("2023-01-03", 2, 7): 1,
        ("2023-01-04", 2, 7): 1,
    }


@pytest.mark.parametrize(
    ("level", "cell"), [(0.0, 0), (0.05, 0), (0.0501, 1), (0.25, 2), (0.5, 3), (0.75, 4), (0.95, 6), (1.0, 7)]
)
def test_a_level_on_an_edge_lies_below_it(level, cell):
    assert counted(count(days(1), [level])) == {("2023-01-02", 1, cell): 1}


def test_two_days_and_four_observations_weigh_a_quarter_beside_two_days_and_four_of_the_training():
    ranks = count(days(1, 1, 2, 2), [TOP], [TOP], [TOP], [TOP])
    # 2 / (2 + 2) of the days times 4 / (4 + 4) of the observations; three quarters of each edge are left below it.
    expected = [0.0, 0.0375, 0.075, 0.1875, 0.375, 0.5625, 0.675, 0.7125, 1.0]
    assert worth(ranks, 3) == pytest.approx(expected)


def test_many_forecasts_of_one_day_are_still_one_day():
    ranks = RecentRanks.count(days(*[1] * 3996), np.full((3996, 1), TOP))
    # 1 / (1 + 2) of the days times 3996 / 4000 of the observations: a share of 0.333 goes to the top.
    assert worth(ranks, 2)[7] == pytest.approx(0.95 * 0.667)


@pytest.mark.parametrize(("origin", "seen"), [(1, 0), (2, 1), (3, 1), (4, 1), (5, 0)])
def test_an_observation_counts_from_its_own_day_for_as_many_days_as_the_window_has(origin, seen):
    ranks = count(days(1), [TOP])  # observed on the second
    weight = seen * 1 / 3 * 1 / 5
    assert worth(ranks, origin) == pytest.approx([*(EDGES[:-1] * (1 - weight)), 1.0])


def test_each_lead_follows_its_own_errors():
    ranks = count(days(1), [TOP, LOW])  # on the second and on the third
    assert worth(ranks, 3, lead=1)[7] == pytest.approx(0.95 * (1 - 1 / 15))
    assert worth(ranks, 3, lead=2)[1] == pytest.approx(0.05 * (1 - 1 / 15) + 1 / 15)


@pytest.mark.parametrize("origin", [1, 9, 31])
@pytest.mark.parametrize("ranks", [count(days(9), [TOP]), RecentRanks.count(days(), np.empty((0, 1)))])
def test_where_nothing_was_observed_levels_are_worth_what_they_say(ranks, origin):
    np.testing.assert_allclose(worth(ranks, origin), EDGES, atol=1e-15)


def test_no_origin_has_no_levels():
    levels = count(days(1), [TOP, LOW]).levels_at(days(), RecencyParams())
    assert (levels.cumulative.shape, levels.of_row.shape) == ((0, 2, 9), (0,))


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_the_unit_in_which_a_table_holds_its_days_does_not_matter(unit):
    ranks = RecentRanks.count(days(1, 2).astype(f"datetime64[{unit}]"), np.array([[TOP], [LOW]]))
    found = ranks.levels_at(days(3).astype(f"datetime64[{unit}]"), RecencyParams(3, 2, 4))
    assert found.cumulative[0, 0].tolist() == worth(count(days(1, 2), [TOP], [LOW]), 3)


origins = arrays(int, 30, elements=st.integers(1, 20))
ranked = arrays(float, (30, 2), elements=st.floats(0, 1) | st.just(NAN))


@given(numbers=origins, levels=ranked, seed=st.integers(0, 9))
def test_the_order_of_sites_and_days_does_not_matter(numbers, levels, seed):
    order = np.random.default_rng(seed).permutation(30)
    one, other = RecentRanks.count(days(*numbers), levels), RecentRanks.count(days(*numbers[order]), levels[order])
    assert one.first == other.first
    assert np.array_equal(one.counts, other.counts)


@given(numbers=origins, levels=ranked, asked=st.lists(st.integers(1, 25), min_size=1))
def test_an_origin_alone_has_the_levels_it_has_among_many_to_the_bit(numbers, levels, asked):
    ranks, params = RecentRanks.count(days(*numbers), levels), RecencyParams(5, 2, 4)
    many = ranks.levels_at(days(*asked), params)
    for row, day in enumerate(asked):
        known = numbers <= day  # what was issued later is not even there
        alone = RecentRanks.count(days(*numbers[known]), levels[known]).levels_at(days(day), params)
        assert np.array_equal(many.cumulative[many.of_row[row]], alone.cumulative[alone.of_row[0]])


@given(numbers=origins, levels=ranked, day=st.integers(1, 25))
def test_what_is_observed_after_an_origin_changes_nothing(numbers, levels, day):
    target = numbers[:, np.newaxis] + [1, 2]
    other = np.where(target > day, 1 - levels, levels)
    params = RecencyParams(5, 2, 4)
    now, then = (RecentRanks.count(days(*numbers), each).levels_at(days(day), params) for each in (levels, other))
    assert np.array_equal(now.cumulative, then.cumulative)


@given(numbers=origins, levels=ranked, day=st.integers(1, 25))
def test_a_bent_distribution_is_a_distribution(numbers, levels, day):
    found = RecentRanks.count(days(*numbers), levels).levels_at(days(day), RecencyParams(5, 1, 1)).cumulative
    assert (np.diff(found, axis=2) >= 0).all()
    assert (found[:, :, 0] == 0).all()
    assert (found[:, :, -1] == 1).all()


@given(levels=arrays(float, (4, 3), elements=st.floats(0, 1)))
def test_unbent_levels_are_worth_what_they_say(levels):
    np.testing.assert_allclose(Levels.unbent(4, 3).bend(levels), levels, atol=1e-15)


def test_a_bent_level_lies_on_the_straight_line_between_its_edges():
    # The top of the first row's only lead is worth half of all, so all else is worth half of what it says.
    bent = np.array([0.0, 0.025, 0.05, 0.125, 0.25, 0.375, 0.45, 0.5, 1.0])
    levels = Levels(np.stack([bent, EDGES])[:, np.newaxis], np.array([0, 1, 0]))
    found = levels.bend(np.array([[0.6], [0.6], [0.97]]))
    # 0.97 is two fifths of the way from 0.95 to 1.
    np.testing.assert_allclose(found, [[0.3], [0.6], [0.7]])


def test_the_counts_of_some_sites_and_of_others_make_those_of_all():
    # Other days each, and one table with nothing in it, whose first day is long ago.
    some, others = count(days(4), [TOP, NAN]), count(days(1, 4), [LOW, NAN], [TOP, MIDDLE])
    nothing = count(days(2), [NAN, NAN])
    together = count(days(1, 4, 4), [LOW, NAN], [TOP, NAN], [TOP, MIDDLE])
    assert counted(RecentRanks.total([nothing, some, others])) == counted(together)
    assert worth(RecentRanks.total([some, others, nothing]), 6) == worth(together, 6)


def test_nothing_at_all_is_worth_what_it_says():
    assert worth(RecentRanks.total([count(days(2), [NAN, NAN])]), 5) == EDGES.tolist()
