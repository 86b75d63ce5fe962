import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.inference.plots import plot_forecast_fan
from builders import SITE, build_days, build_run
from builders_monitoring import build_area_sites, build_forecasts

OTHER = "06-037-0002"
LEADS = (1, 2, 3)
RUN = build_run()  # as of 2023-12-31
SITES = build_area_sites(SITE, OTHER, name=["North Main Street", "Azusa"])


def plot(forecasts, observed=None, sites=SITES, run=RUN):
    return plot_forecast_fan(forecasts, build_days(0) if observed is None else observed, sites, run)


def fan(mean=10.0, origin="2023-12-31", **columns):
    return build_forecasts([origin], LEADS, mean=mean, **columns)


def test_plot_forecast_fan_shows_the_site_that_is_worst_tomorrow():
    figure = plot(pd.concat([fan(10.0), fan(12.0, site_id=OTHER)]))
    assert [note.text for note in figure.layout.annotations] == [f"PM2.5, Azusa ({OTHER})"]


def test_plot_forecast_fan_draws_the_median_within_three_bands():
    *bands, median = plot(fan(10.0)).data[1:]
    assert list(median.y) == [10.0, 10.0, 10.0]
    assert [day.strftime("%m-%d") for day in pd.DatetimeIndex(median.x)] == ["01-01", "01-02", "01-03"]
    # Quantiles lie 3, 2 and 1 to either side: there along the upper edge, back along the lower one.
    assert [(band.y[0], band.y[-1]) for band in bands] == [(13, 7), (12, 8), (11, 9)]


def test_plot_forecast_fan_shows_the_last_30_days_observed_and_none_after_the_origin():
    observed = build_days(count=365, start="2023-01-01")
    figure = plot(fan(origin="2023-12-01"), observed)
    days = pd.DatetimeIndex(figure.data[0].x)
    assert (len(days), days.min(), days.max()) == (30, pd.Timestamp("2023-11-02"), pd.Timestamp("2023-12-01"))


def test_plot_forecast_fan_takes_the_newest_origin():
    run = build_run(origins="2023-12-30/2023-12-31")
    figure = plot(pd.concat([fan(99.0, "2023-12-30"), fan(10.0)]), run=run)
    assert list(figure.data[-1].y) == [10.0, 10.0, 10.0]
    assert "Forecast from 2023-12-31" in figure.layout.title.text


def test_plot_forecast_fan_has_a_panel_for_each_pollutant_in_its_unit():
    sites = pd.concat([SITES, build_area_sites(SITE, pollutant="ozone", name="North Main Street")])
    figure = plot(pd.concat([fan(), fan(0.05, pollutant="ozone")]), sites=sites)
    assert [axis.title.text for axis in figure.select_yaxes()] == ["ppm", "µg/m³"]


def test_plot_forecast_fan_of_nothing_is_an_empty_figure():
    assert len(plot(schemas.empty("Forecasts"), sites=schemas.empty("Sites")).data) == 0


@pytest.mark.parametrize(("source", "marked"), [("sandbox", True), ("aqs", False)])
def test_plot_forecast_fan_marks_the_sandbox(source, marked):
    run = build_run(source=source, area={"cbsa": "31080"})
    assert ("sandbox" in plot(fan(), run=run).layout.title.text) == marked
