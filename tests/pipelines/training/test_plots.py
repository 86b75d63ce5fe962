import pandas as pd
import pytest

from airwatch.pipelines.training.plots import (
    plot_coverage_by_level,
    plot_error_by_season,
    plot_reliability,
    plot_skill_by_lead,
    plot_worst_misses,
)
from builders import build_run
from builders_scores import build_forecasts


def scores(candidate, champion, pollutant="pm25", **columns):
    """Scores of two leads: skill 0.2 and 0.4, between 0.1 and 0.5."""
    given = {
        "pollutant": pollutant,
        "candidate": candidate,
        "lead_days": [1, 2],
        "grouping": "all",
        "group": "all",
        "n": 10,
        "skill_persistence": [0.2, 0.4],
        "skill_persistence_low": 0.1,
        "skill_persistence_high": 0.5,
        "champion": champion,
    }
    return pd.DataFrame({**given, **columns})


def of_groups(candidate, champion, grouping, **groups):
    """Scores of groups at lead 1, 80 % covered and an error of 4 each, but for what each group is given."""
    rows = [{"group": name, "coverage_80": given, "rmse": 10 * given} for name, given in groups.items()]
    ends = {"coverage_80_low": 0.5, "coverage_80_high": 1.0, "rmse_low": 3.0, "rmse_high": 9.0}
    return pd.DataFrame(rows).assign(
        pollutant="pm25", candidate=candidate, champion=champion, grouping=grouping, lead_days=1, n=10, **ends
    )


def forecasts(count=4, **columns):
    """The champion's forecasts of tomorrow: 10, between 8 and 12, observed at 11."""
    table = build_forecasts(count, candidate="ridge", champion=True, site_id="06-037-1103", **columns)
    return table.assign(target_date=table["origin_date"] + pd.Timedelta(days=1))


NO_SCORES = scores("ridge", True).iloc[:0]
PLOTS_OF_SCORES = [plot_skill_by_lead, plot_coverage_by_level, plot_error_by_season]
PLOTS_OF_FORECASTS = [plot_reliability, plot_worst_misses]
EVERY_PLOT = [
    *((plot, NO_SCORES) for plot in PLOTS_OF_SCORES),
    *((plot, forecasts(0)) for plot in PLOTS_OF_FORECASTS),
]


@pytest.mark.parametrize(("source", "marked"), [("sandbox", True), ("aqs", False)])
@pytest.mark.parametrize(("plot", "nothing"), EVERY_PLOT)
def test_every_plot_marks_the_sandbox(plot, nothing, source, marked):
    run = build_run(source=source, area={"cbsa": "31080"})
    assert ("sandbox" in plot(nothing, run).layout.title.text) == marked


@pytest.mark.parametrize(("plot", "nothing"), EVERY_PLOT[:4])
def test_a_plot_of_nothing_is_an_empty_figure(plot, nothing):
    assert len(plot(nothing, build_run()).data) == 0


def test_plot_skill_by_lead_draws_each_candidate_and_the_champion_thick():
    of_a_site = scores("ridge", True, grouping="site", group="06-037-1103", skill_persistence=0.9)
    figure = plot_skill_by_lead(pd.concat([scores("ridge", True), scores("xgboost", False), of_a_site]), build_run())
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


def test_plot_reliability_draws_what_happened_beside_the_chance_for_each_lead_and_threshold():
    # 9.1 is above an AQI of 50 and 35.5 above 100: at lead 1 half the days are above 50, none above 100.
    near = forecasts(p_aqi_above_50=0.4, p_aqi_above_100=0.05, observed=[9.0, 9.0, 9.1, 35.4])
    far = forecasts(lead_days=7, p_aqi_above_50=0.4, p_aqi_above_100=0.05, observed=[9.1, 9.1, 9.1, 35.5])
    figure = plot_reliability(pd.concat([near, far]), build_run())
    drawn = {(trace.name, trace.yaxis): (*trace.x, *trace.y, *trace.customdata) for trace in figure.data}
    assert drawn == {
        ("lead 1", "y"): (0.4, 0.5, 4),
        ("lead 7", "y"): (0.4, 1.0, 4),
        ("lead 1", "y2"): (0.05, 0.0, 4),
        ("lead 7", "y2"): (0.05, 0.25, 4),
    }


def test_plot_reliability_is_of_the_champion():
    other = forecasts(p_aqi_above_50=0.9).assign(candidate="xgboost", champion=False)
    figure = plot_reliability(pd.concat([other, forecasts(p_aqi_above_50=0.4)]), build_run())
    assert [tuple(trace.x) for trace in figure.data] == [(0.4,), (pytest.approx(0.1),)]
    assert figure.layout.annotations[0].text == "PM2.5: champion ridge"


def test_plot_coverage_by_level_goes_from_good_air_to_bad_and_is_of_the_champion():
    champion = of_groups("ridge", True, "level", Unhealthy=0.6, Moderate=0.75, Good=0.9)
    other = of_groups("xgboost", False, "level", Good=0.5)
    whole = of_groups("ridge", True, "all", all=0.8)
    (trace,) = plot_coverage_by_level(pd.concat([other, champion, whole]), build_run()).data
    assert tuple(trace.x) == ("Good", "Moderate", "Unhealthy")
    assert tuple(trace.y) == (0.9, 0.75, 0.6)
    assert trace.error_y.arrayminus == pytest.approx((0.4, 0.25, 0.1))


def test_plot_error_by_season_begins_with_winter_and_draws_each_candidate():
    champion = of_groups("ridge", True, "season", autumn=0.5, summer=0.4, winter=0.6)
    other = of_groups("xgboost", False, "season", winter=0.7)
    later = of_groups("ridge", True, "season", winter=0.9).assign(lead_days=2)
    ridge, xgboost = plot_error_by_season(pd.concat([champion, other, later]), build_run()).data
    assert tuple(ridge.x) == ("winter", "summer", "autumn")
    assert tuple(ridge.y) == (6.0, 4.0, 5.0)
    assert ridge.error_y.array == pytest.approx((3.0, 5.0, 4.0))
    assert (tuple(xgboost.y), xgboost.error_y.array) == ((7.0,), None)


def cells(figure):
    """The columns of a table figure by their heading."""
    (table,) = figure.data
    return dict(zip(table.header["values"], table.cells["values"], strict=True))


def test_plot_worst_misses_lists_the_days_from_the_largest_miss_on():
    # Forecasts of 10 for the second to the fifth of January.
    told = cells(plot_worst_misses(forecasts(observed=[11.0, 40.0, 10.0, 4.0]), build_run()))
    assert tuple(told["day"]) == ("2021-01-03", "2021-01-05", "2021-01-02", "2021-01-04")
    assert tuple(told["miss"]) == ("-30", "+6", "-1", "+0")
    assert (told["observed"][0], told["forecast"][0], told["80 % interval"][0]) == ("40", "10", "8 to 12")
    assert told["pollutant"][0] == "PM2.5, µg/m³"


def test_plot_worst_misses_gives_a_day_one_row_with_its_worst_site():
    elsewhere = forecasts(observed=60.0).assign(site_id="53-033-0030")
    told = cells(plot_worst_misses(pd.concat([forecasts(observed=40.0), elsewhere]), build_run()))
    assert tuple(told["site"]) == ("53-033-0030",) * 4


def test_plot_worst_misses_is_of_the_champion_one_day_ahead():
    worse = forecasts(mean=90.0)
    others = [worse.assign(champion=False), worse.assign(lead_days=2)]
    told = cells(plot_worst_misses(pd.concat([*others, forecasts()]), build_run()))
    assert tuple(told["miss"]) == ("-1",) * 4


def test_plot_worst_misses_shows_a_dozen_of_each_pollutant():
    told = cells(plot_worst_misses(pd.concat([forecasts(20), forecasts(20, pollutant="ozone")]), build_run()))
    assert [name.split(",")[0] for name in told["pollutant"]] == ["Ozone"] * 12 + ["PM2.5"] * 12
