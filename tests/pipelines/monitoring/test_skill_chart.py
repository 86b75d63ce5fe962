import pytest

from airwatch.pipelines.monitoring.skill_chart import skill_charts
from builders import build_run
from builders_monitoring import build_skill


def chart(skills, **columns):
    [drawn] = skill_charts(build_skill(skills, **columns), build_run())
    return drawn


@pytest.mark.parametrize(
    "skills", [[0.2, 0.3], [-2.5, 0.1], [0.0], [-0.4, -0.3], [0.001, 0.002], [0.2, float("nan")], [-4e9]]
)
def test_all_that_is_drawn_lies_within_the_drawing_with_the_line_of_zero(skills):
    drawn = chart(skills)
    heights = [y for _, y in drawn.dots] + [end for whisker in drawn.whiskers for end in (whisker.low, whisker.high)]
    assert all(drawn.top - 0.1 <= y <= drawn.bottom + 0.1 for y in heights)
    assert 0 in [tick.value for tick in drawn.ticks]
    assert 2 <= len(drawn.ticks) <= 8


def test_more_skill_is_higher_and_a_longer_lead_further_to_the_right():
    (x1, y1), (x2, y2) = chart([0.1, 0.3]).dots
    assert x1 < x2
    assert y1 > y2


def test_a_lead_without_skill_is_left_out_and_shown_as_a_dash():
    drawn = chart([0.1, float("nan"), 0.3])
    assert len(drawn.dots) == 2
    assert [row["persistence"] for row in drawn.rows] == ["+0.10 (+0.00 to +0.20)", "–", "+0.30 (+0.20 to +0.40)"]


def test_the_drawing_is_told_in_words_too():
    assert chart([0.1]).said == "PM2.5, skill against persistence by lead: 1 days ahead +0.10 (+0.00 to +0.20)"


@pytest.mark.parametrize(
    "columns", [{"window": "last_30_days"}, {"season": "winter"}, {"region": "California"}, {"pollutant": "ozone"}]
)
def test_only_all_seasons_and_regions_and_the_whole_time_of_the_run_s_pollutants_are_drawn(columns):
    assert skill_charts(build_skill([0.1], **columns), build_run()) == []
