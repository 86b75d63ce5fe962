"""EPA's forecasts beside ours: the reporting area of a site, and its forecasts by day and lead."""

import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.epa import areas_of, epa_reference
from builders import SITE

# A degree of latitude is 111.2 km, so 0.1 are 11.1 and 0.5 are 55.6.
LATITUDE, LONGITUDE = 34.0, -118.0


def build_sites(*site_ids, **columns):
    given = {"site_id": list(site_ids or [SITE]), "pollutant": "pm25", "latitude": LATITUDE, "longitude": LONGITUDE}
    return pd.DataFrame({**given, **columns})


def build_epa(area="Near", north=0.1, state="CA", pollutant="pm25", issued="2023-01-09", leads=(1,), **columns):
    """``epa_forecasts`` of one area, some degrees north of the sites."""
    frame = pd.DataFrame({"lead_days": list(leads)}).assign(
        reporting_area=area, state=state, pollutant=pollutant, issued=pd.Timestamp(issued), aqi=61.0,
        category="Moderate", latitude=LATITUDE + north, longitude=LONGITUDE, action_day=False, agency="AQMD",
    )  # fmt: skip
    frame["target_date"] = frame["issued"] + pd.to_timedelta(frame["lead_days"], unit="D")
    return frame.assign(**columns)[list(schemas.empty("EpaForecasts").columns)]


def area(*forecasts, sites=None):
    """The area of each site."""
    found = areas_of(pd.concat(forecasts), build_sites() if sites is None else sites)
    return found["reporting_area"].tolist()


def test_the_nearest_area_speaks_for_a_site():
    assert area(build_epa("Far", 0.3), build_epa("Near", 0.1)) == ["Near"]


def test_an_area_of_the_site_s_own_state_goes_before_a_nearer_one_of_another():
    assert area(build_epa("Over the border", 0.1, state="NV"), build_epa("Own", 0.4)) == ["Own"]
    assert area(build_epa("Over the border", 0.1, state="NV"), build_epa("Own", 0.5)) == ["Over the border"]


@pytest.mark.parametrize(("north", "found"), [(0.44, ["Near"]), (0.46, [])])  # 48.9 km and 51.2 km
def test_no_area_speaks_for_a_site_more_than_fifty_kilometres_away(north, found):
    assert area(build_epa(north=north)) == found


def test_an_area_speaks_for_what_it_forecasts():
    sites = pd.concat([build_sites(), build_sites(pollutant="ozone")])
    found = areas_of(pd.concat([build_epa("PM", 0.1), build_epa("Ozone", 0.2, pollutant="ozone")]), sites)
    assert found[["pollutant", "reporting_area"]].to_numpy().tolist() == [["ozone", "Ozone"], ["pm25", "PM"]]


def test_an_area_that_moved_stands_where_it_stood_last():
    assert area(build_epa("A", 0.1), build_epa("A", 0.4, issued="2023-01-10"), build_epa("B", 0.2)) == ["B"]


def test_a_site_without_position_has_no_area():
    assert area(build_epa(), sites=build_sites(latitude=np.nan)) == []


def test_the_reference_has_a_row_for_each_site_day_and_lead():
    forecasts = pd.concat([build_epa(leads=(0, 1, 2)), build_epa(issued="2023-01-10", leads=(1,), aqi=np.nan)])
    found = epa_reference(forecasts, build_sites(SITE, "06-037-4004"))
    assert len(found) == 8
    assert not found.duplicated(["site_id", "pollutant", "target_date", "lead_days"]).any()
    its = found[found["site_id"] == SITE]
    assert its[["target_date", "lead_days", "issued"]].astype("str").to_numpy().tolist() == [
        ["2023-01-09", "0", "2023-01-09"],
        ["2023-01-10", "1", "2023-01-09"],
        ["2023-01-11", "1", "2023-01-10"],
        ["2023-01-11", "2", "2023-01-09"],
    ]
    assert its["aqi"].isna().tolist() == [False, False, True, False]
    assert its["distance_km"].round(1).tolist() == [11.1] * 4


def test_without_forecasts_or_sites_the_reference_is_empty():
    assert epa_reference(schemas.empty("EpaForecasts"), build_sites()).empty
    assert epa_reference(build_epa(), build_sites().iloc[:0]).empty
