import numpy as np
import pytest

from airwatch.pipelines.monitoring.changes.instruments import on_one_level
from builders_changes import COUNT, build_metro, from_day, grid, site_ids, times
from builders_monitoring import build_monitoring_params

PARAMS = build_monitoring_params().changes
SEQUENCE = COUNT - PARAMS.sequence_days
METRO = build_metro()
FIRST = site_ids(1)


def levelled(observations):
    return on_one_level(grid(observations), SEQUENCE, PARAMS)


def replaced(days_ago, factor=1.4, **columns):
    """The first site has another instrument, which reads higher, since so many days."""
    rows = from_day(METRO, days_ago, FIRST)
    given = columns or {"method_code": np.where(rows, "236", "170")}
    return times(METRO, factor, rows).assign(**given)


def test_one_instrument_is_left_as_it_is():
    unit, cooling = levelled(METRO)
    assert not cooling.any()
    np.testing.assert_array_equal(unit, grid(METRO).unit)


@pytest.mark.parametrize("days_ago", [400, 200, 100])
def test_another_instrument_is_brought_to_the_level_of_the_usual_one(days_ago):
    unit, _ = levelled(replaced(days_ago))
    apart = unit[0] - grid(METRO).unit[0]
    assert np.abs(np.median(apart[-30:])) < 0.08  # 1.4 times is 0.31 in the working unit


def test_a_new_instrument_cools_down_before_it_is_judged():
    _, cooling = levelled(replaced(100))
    assert np.flatnonzero(cooling[0]).tolist() == list(range(COUNT - 100, COUNT - 100 + PARAMS.cool_down_days))
    assert not cooling[1:].any()


def test_an_instrument_that_was_there_long_before_needs_no_cool_down():
    assert not levelled(replaced(400))[1].any()


def test_a_second_monitor_that_stands_in_for_a_day_is_no_change():
    third = np.arange(len(METRO)) % 3 == 0
    rows = METRO["site_id"].isin(FIRST) & third
    unit, cooling = levelled(times(METRO, 1.4, rows).assign(poc=np.where(rows, 3, 1)))
    apart = unit[0] - grid(METRO).unit[0]
    assert np.abs(apart).max() < 0.15
    assert not cooling.any()


def test_an_instrument_of_a_handful_of_days_is_not_judged_at_all():
    _, cooling = levelled(replaced(5))
    assert cooling[0, -5:].all()
