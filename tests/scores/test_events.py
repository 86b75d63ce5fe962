import numpy as np
import pytest

from airwatch import scores

# 3 hits, 1 miss, 2 false alarms, 1 correct rejection.
ALARM = [True, True, True, False, True, True, False]
EVENT = [True, True, True, True, False, False, False]


def test_detection_false_alarms_and_success():
    assert scores.pod(ALARM, EVENT) == 3 / 4
    assert scores.far(ALARM, EVENT) == 2 / 5
    assert scores.csi(ALARM, EVENT) == 3 / 6
    assert scores.frequency_bias(ALARM, EVENT) == 5 / 4


def test_the_equitable_score_takes_away_the_hits_of_chance():
    # Of 5 alarms among 7 rows with 4 events, 20 / 7 hit by chance: (3 - 20/7) / (6 - 20/7).
    assert scores.ets(ALARM, EVENT) == pytest.approx(1 / 22)


def test_heidke_s_skill_counts_what_is_right_beyond_chance():
    # Right: 4 of 7; by chance (5*4 + 2*3) / 7 = 26/7. (4 - 26/7) / (7 - 26/7) = 2 / 23.
    assert scores.hss(ALARM, EVENT) == pytest.approx(2 / 23)


@pytest.mark.parametrize("score", [scores.pod, scores.far, scores.csi, scores.frequency_bias, scores.ets, scores.hss])
def test_without_alarms_and_events_there_is_nothing_to_score(score):
    assert np.isnan(score([False, False], [False, False]))


@pytest.mark.parametrize("score", [scores.pod, scores.csi, scores.frequency_bias, scores.ets, scores.hss])
def test_alarms_on_the_days_of_the_events_and_no_others_score_one(score):
    assert score(EVENT, EVENT) == 1.0


def test_brier_is_the_mean_squared_difference_from_what_happened():
    assert scores.brier([0.9, 0.2, 0.5], [True, False, True]) == pytest.approx((0.01 + 0.04 + 0.25) / 3)


def test_brier_skill_is_beside_the_share_of_events_of_the_same_rows():
    # Brier 0.1; always saying 2/3 has 2/3 * 1/3.
    assert scores.brier_skill([0.9, 0.2, 0.5], [True, False, True]) == pytest.approx(1 - 0.1 * 9 / 2)
    assert scores.brier_skill([2 / 3] * 3, [True, False, True]) == pytest.approx(0.0)


def test_brier_skill_of_what_never_happens_is_missing():
    assert np.isnan(scores.brier_skill([0.1, 0.0], [False, False]))
