"""What a forecaster looks at first: skill by lead, how honest chances and intervals are, where forecasts miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from airwatch.domain.categories import CATEGORIES
from airwatch.domain.pollutants import POLLUTANTS
from airwatch.parameters import RunParams
from airwatch.scores import SEASONS, reliability

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# Okabe and Ito's colours, which colour-blind eyes can tell apart.
COLOURS = {
    "persistence": "#999999",
    "climatology": "#56B4E9",
    "blend": "#CC79A7",
    "ridge": "#D55E00",
    "random_forest": "#009E73",
    "xgboost": "#0072B2",
    "stack": "#E69F00",
}
# Leads that stand for all: tomorrow, the middle of the week, its end.
LEAD_COLOURS = {1: "#0072B2", 3: "#D55E00", 7: "#999999"}
CHANCES_AQI = (50, 100)
MOST_MISSES = 12
UNIT = [-0.02, 1.02]  # of a share, with room for a marker at either end


def plot_skill_by_lead(backtest_scores: pd.DataFrame, run: RunParams) -> Figure:
    """Skill against persistence by lead, a panel for each pollutant and a line for each candidate.

    The champion's line is thick, has its 90 % interval, and is named in the panel's title.
    """
    of_all = backtest_scores[backtest_scores["grouping"] == "all"]
    figure = _panels(of_all, "Skill by lead", run)
    told: set[str] = set()
    for column, (_, of_pollutant) in enumerate(of_all.groupby("pollutant"), start=1):
        for candidate, scores in of_pollutant.groupby("candidate"):
            champion = bool(scores["champion"].iloc[0])
            figure.add_scatter(
                x=scores["lead_days"],
                y=scores["skill_persistence"],
                line={"width": 4 if champion else 1.5, "color": COLOURS.get(str(candidate))},
                error_y=_spread(scores, "skill_persistence") if champion else None,
                **_in_legend(str(candidate), told),
                row=1,
                col=column,
            )
    figure.update_xaxes(title="lead, days", dtick=1)
    return figure.update_yaxes(title="skill against persistence", range=[-1, 1], col=1)


def plot_reliability(backtest_forecasts: pd.DataFrame, run: RunParams) -> Figure:
    """How often the AQI passed 50 and 100, by the chance that the champion gave, beside the line of a kept word.

    A column of panels for each pollutant, a row for each threshold, a line for each of the leads 1, 3 and 7.
    """
    figure = _panels(backtest_forecasts, "Reliability of the chances", run, rows=len(CHANCES_AQI))
    champions = backtest_forecasts[backtest_forecasts["champion"]]
    kept = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "line": {"color": "#888888", "width": 1}, "opacity": 1}
    told: set[str] = set()
    for column, (_, of_pollutant) in enumerate(champions.groupby("pollutant"), start=1):
        for row, aqi in enumerate(CHANCES_AQI, start=1):
            place = {"row": row, "col": column}
            figure.add_shape(**kept, **place)
            for lead in LEAD_COLOURS:
                bins = reliability(of_pollutant[of_pollutant["lead_days"] == lead], aqi)
                _draw_lead(figure, lead, bins, ("mean_chance", "observed_share"), told, place)
            figure.update_yaxes(title=f"share of days above {aqi}", range=UNIT, row=row, col=1)
    figure.update_xaxes(range=UNIT).update_xaxes(title="chance given", row=len(CHANCES_AQI))
    return figure.update_layout(height=350 * len(CHANCES_AQI))


def plot_coverage_by_level(backtest_scores: pd.DataFrame, run: RunParams) -> Figure:
    """How many observations of each AQI category the champion's 80 % interval held, with the 90 % interval of that.

    Categories are those of the observation. A panel for each pollutant, a line for each of the leads 1, 3 and 7.
    """
    levels = backtest_scores[backtest_scores["grouping"] == "level"]
    figure = _panels(levels, "Coverage by level", run)
    names = [each.name for each in CATEGORIES]
    told: set[str] = set()
    for column, (_, of_pollutant) in enumerate(levels[levels["champion"]].groupby("pollutant"), start=1):
        place = {"row": 1, "col": column}
        for lead in LEAD_COLOURS:
            scores = _in_order(of_pollutant[of_pollutant["lead_days"] == lead], names)
            _draw_lead(figure, lead, scores, ("group", "coverage_80"), told, place, _spread(scores, "coverage_80"))
        figure.add_hline(y=0.8, line_color="#888888", line_width=1, **place)
    figure.update_xaxes(categoryorder="array", categoryarray=names)
    return figure.update_yaxes(title="share within the 80 % interval", range=UNIT, tickformat=".0%", col=1)


def plot_error_by_season(backtest_scores: pd.DataFrame, run: RunParams) -> Figure:
    """Error of tomorrow's forecast by season, a panel for each pollutant and a bar for each candidate.

    Seasons are those of the target day. The champion's bars have their 90 % interval.
    """
    seasons = backtest_scores[(backtest_scores["grouping"] == "season") & (backtest_scores["lead_days"] == 1)]
    figure = _panels(seasons, "Error by season, one day ahead", run, shared_yaxes=False)
    told: set[str] = set()
    for column, (pollutant, of_pollutant) in enumerate(seasons.groupby("pollutant"), start=1):
        for candidate, of_candidate in of_pollutant.groupby("candidate"):
            scores = _in_order(of_candidate, list(SEASONS))
            figure.add_bar(
                x=scores["group"],
                y=scores["rmse"],
                customdata=scores["n"],
                hovertemplate="%{y:.3g} (%{customdata} forecasts)",
                marker={"color": COLOURS.get(str(candidate))},
                error_y=_spread(scores, "rmse") if scores["champion"].iloc[0] else None,
                **_in_legend(str(candidate), told),
                row=1,
                col=column,
            )
        figure.update_yaxes(title=f"RMSE, {POLLUTANTS[str(pollutant)].unit}", row=1, col=column)
    return figure.update_xaxes(categoryorder="array", categoryarray=list(SEASONS))


def plot_worst_misses(backtest_forecasts: pd.DataFrame, run: RunParams) -> Figure:
    """The days of each pollutant that the champion missed by most, one day ahead, with the worst site of each."""
    from plotly.graph_objects import Figure

    worst = _worst_days(backtest_forecasts[backtest_forecasts["champion"] & (backtest_forecasts["lead_days"] == 1)])
    cells = {
        "pollutant": [f"{POLLUTANTS[name].label}, {POLLUTANTS[name].unit}" for name in worst["pollutant"]],
        "day": worst["target_date"].dt.strftime("%Y-%m-%d").tolist(),
        "site": worst["site_id"].tolist(),
        "observed": [f"{value:.3g}" for value in worst["observed"]],
        "forecast": [f"{value:.3g}" for value in worst["mean"]],
        "80 % interval": [f"{low:.3g} to {high:.3g}" for low, high in zip(worst["q10"], worst["q90"], strict=True)],
        "miss": [f"{value:+.3g}" for value in worst["miss"]],
    }
    figure = Figure()
    figure.add_table(header={"values": list(cells)}, cells={"values": list(cells.values())})
    return figure.update_layout(title=_title("Worst misses, one day ahead", run), template="simple_white")


def _worst_days(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The largest ``miss`` of each day, as many days of each pollutant as are shown, the largest first."""
    misses = forecasts.assign(miss=forecasts["mean"] - forecasts["observed"], size=lambda rows: rows["miss"].abs())
    of_days = misses.sort_values("size", ascending=False).drop_duplicates(["pollutant", "target_date"])
    worst = of_days.groupby("pollutant").head(MOST_MISSES)
    return worst.sort_values(["pollutant", "size"], ascending=[True, False])


def _panels(table: pd.DataFrame, what: str, run: RunParams, rows: int = 1, shared_yaxes: bool = True) -> Figure:
    """An empty figure with a column of panels for each pollutant of the table, its champion in the title."""
    from plotly.subplots import make_subplots

    champions = table[table["champion"]].groupby("pollutant")["candidate"].first()
    titles = [f"{POLLUTANTS[str(name)].label}: champion {candidate}" for name, candidate in champions.items()]
    figure = make_subplots(rows=rows, cols=max(1, len(titles)), subplot_titles=titles, shared_yaxes=shared_yaxes)
    return figure.update_layout(title=_title(what, run), template="simple_white")


def _title(what: str, run: RunParams) -> str:
    return f"{what} on rolling origins to {run.as_of}{' (sandbox: simulated air)' if run.source == 'sandbox' else ''}"


def _draw_lead(
    figure: Figure,
    lead: int,
    points: pd.DataFrame,
    axes: tuple[str, str],
    told: set[str],
    place: dict[str, int],
    error_y: dict[str, object] | None = None,
) -> None:
    """The line of one lead through points that stand for ``n`` forecasts each, where there are any."""
    if len(points):
        figure.add_scatter(
            x=points[axes[0]],
            y=points[axes[1]],
            customdata=points["n"],
            hovertemplate="%{x}: %{y:.2f} (%{customdata} forecasts)",
            line={"color": LEAD_COLOURS[lead]},
            error_y=error_y,
            **_in_legend(f"lead {lead}", told),
            **place,
        )


def _in_legend(name: str, told: set[str]) -> dict[str, object]:
    """A trace's name, listed the first time that it is told."""
    first = name not in told
    told.add(name)
    return {"name": name, "legendgroup": name, "showlegend": first}


def _in_order(scores: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The rows in the order of their groups."""
    return scores.sort_values("group", key=lambda names: names.map(groups.index))


def _spread(scores: pd.DataFrame, score: str) -> dict[str, object]:
    """The 90 % interval of a score as error bars."""
    value = scores[score]
    return {"type": "data", "array": scores[f"{score}_high"] - value, "arrayminus": value - scores[f"{score}_low"]}
