import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.training.plots import plot_skill_by_lead
from builders import build_run


def scores(candidate, champion, pollutant="pm25", **columns):
    """Scores of two leads: skill 0.2 and 0.4, between 0.1 and 0.5."""
    given = {
        "pollutant": pollutant,
        "candidate": candidate,
        "lead_days": [1, 2],
        "skill_persistence": [0.2, 0.4],
        "skill_persistence_low": 0.1,
        "skill_persistence_high": 0.5,
        "champion": champion,
    }
    return pd.DataFrame({**given, **columns})


def test_plot_skill_by_lead_draws_each_candidate_and_the_champion_thick():
    figure = plot_skill_by_lead(pd.concat([scores("ridge", True), scores("xgboost", False)]), build_run())
    assert {trace.name: (*trace.y, trace.line.width) for trace in figure.data} == {
        "ridge": (0.2, 0.4, 4),
        "xgboost": (0.2, 0.4, 1.5),
    }


def test_plot_skill_by_lead_gives_the_champion_alone_its_interval():
    figure = plot_skill_by_lead(pd.concat([scores("ridge", True), scores("xgboost", False)]), build_run())
    champion, other = figure.data
    assert champion.error_y.array == pytest.approx((0.3, 0.1))
    assert champion.error_y.arrayminus == pytest.approx((0.1, 0.3))
    assert other.error_y.array is None


def test_plot_skill_by_lead_has_a_panel_for_each_pollutant():
    figure = plot_skill_by_lead(pd.concat([scores("ridge", True), scores("ridge", True, "ozone")]), build_run())
    assert [note.text for note in figure.layout.annotations] == ["Ozone: champion ridge", "PM2.5: champion ridge"]
    assert [trace.xaxis for trace in figure.data] == ["x", "x2"]


def test_plot_skill_by_lead_gives_a_candidate_one_colour_and_one_place_in_the_legend():
    figure = plot_skill_by_lead(pd.concat([scores("ridge", True), scores("ridge", True, "ozone")]), build_run())
    assert {trace.line.color for trace in figure.data} == {"#D55E00"}
    assert [trace.showlegend for trace in figure.data] == [True, False]


def test_plot_skill_by_lead_of_nothing_is_an_empty_figure():
    assert len(plot_skill_by_lead(schemas.empty("BacktestScores"), build_run()).data) == 0


@pytest.mark.parametrize(("source", "marked"), [("sandbox", True), ("aqs", False)])
def test_plot_skill_by_lead_marks_the_sandbox(source, marked):
    run = build_run(source=source, area={"cbsa": "31080"})
    assert ("sandbox" in plot_skill_by_lead(schemas.empty("BacktestScores"), run).layout.title.text) == marked
