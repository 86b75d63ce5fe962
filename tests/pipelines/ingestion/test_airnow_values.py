"""What is made of a line of AirNow's: a value in our unit, or a reason why it gives none."""

import pandas as pd
import pytest

from airnow_on_loopback import line, lines
from airwatch.pipelines.ingestion import airnow_values
from airwatch.sources.airnow_rows import read_daily
from builders import SITE, build_monitors, build_run
from builders_airnow import CALIFORNIA, MONITORS


def read(*given, monitors=MONITORS, **run):
    """The values of some lines, and the reason of each line."""
    rows = read_daily(lines(*given)).rows
    values, reasons = airnow_values.read_values(
        rows, pd.Timestamp("2023-01-09"), monitors, build_run(**CALIFORNIA | run)
    )
    return values["value"].tolist(), reasons.tolist()


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({}, 12.4),
        ({"parameter": "PM2.5-24HR", "units": "ug/m3"}, 12.4),
        ({"value": "-3.2"}, -3.2),
        ({"parameter": "OZONE-8HR", "units": "PPB", "value": "71", "hours": "8"}, 0.071),
        ({"parameter": "OZONE-8HR", "units": "PPM", "value": "0.071", "hours": "8"}, 0.071),
        ({"aqsid": "840060371103"}, 12.4),
        ({"full": ""}, 12.4),
    ],
)
def test_a_line_gives_the_value_of_a_site_in_our_unit(changed, value):
    assert read(line(**changed)) == ([value], [airnow_values.KEPT])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"day": "01/08/23"}, airnow_values.OTHER_DAY),
        ({"parameter": "OZONE-1HR", "units": "PPB", "hours": "1"}, airnow_values.OTHER_PARAMETER),
        ({"parameter": "SO2-24HR", "units": "PPB"}, airnow_values.OTHER_PARAMETER),
        ({"parameter": "PM10-24hr"}, airnow_values.OTHER_PARAMETER),  # a pollutant, and not of this run
        ({"parameter": ""}, airnow_values.OTHER_PARAMETER),
        ({"aqsid": "000010102", "full": "124000010102"}, airnow_values.ABROAD),
        ({"aqsid": "DK1010001", "full": "050DK1010001"}, airnow_values.ABROAD),
        ({"aqsid": "060371103", "full": "484060371103"}, airnow_values.ABROAD),
        ({"aqsid": "60371103"}, airnow_values.ABROAD),
        ({"aqsid": "800060004"}, airnow_values.ABROAD),
        ({"aqsid": ""}, airnow_values.ABROAD),
        ({"aqsid": "060379999"}, airnow_values.OTHER_SITE),
        ({"aqsid": "060374004", "parameter": "OZONE-8HR", "hours": "8"}, airnow_values.OTHER_SITE),
        ({"units": "PPB"}, airnow_values.UNIT),
        ({"units": ""}, airnow_values.UNIT),
        ({"hours": "1"}, airnow_values.HOURS),
        ({"hours": ""}, airnow_values.HOURS),
        ({"value": "-999"}, airnow_values.NO_VALUE),
        ({"value": ""}, airnow_values.NO_VALUE),
        ({"value": "high"}, airnow_values.NO_VALUE),
        ({"value": "2500"}, airnow_values.IMPLAUSIBLE),
        ({"value": "-11"}, airnow_values.IMPLAUSIBLE),
        ({"parameter": "OZONE-8HR", "units": "PPM", "value": "71", "hours": "8"}, airnow_values.IMPLAUSIBLE),
    ],
)
def test_a_line_that_gives_no_value_says_why(changed, reason):
    assert read(line(**changed)) == ([], [reason])


def test_carbon_monoxide_is_the_highest_mean_of_eight_hours():
    co = line(parameter="CO-8hr", units="PPM", value="0.6", hours="8")
    assert read(co, pollutants=("co",), monitors=build_monitors([(SITE, 1)], pollutant="co"))[0] == [0.6]


def test_of_two_lines_about_one_site_and_day_the_later_counts():
    assert read(line(value="5"), line(value="7"), line(value="-999")) == (
        [7.0],
        [airnow_values.TWICE, airnow_values.KEPT, airnow_values.NO_VALUE],
    )
