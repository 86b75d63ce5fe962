import numpy as np
import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.epa_verification import verify_beside_epa
from builders import SITE
from builders_monitoring import build_matured

# Issued on 9 January for the 10th.
ISSUED = ["2023-01-09"]
SITES = pd.DataFrame({"site_id": [SITE], "pollutant": ["pm25"], "latitude": [34.0], "longitude": [-118.0]})


def build_epa(aqi=61.0, category="Moderate", issued=ISSUED, lead=1):
    days = pd.to_datetime(list(issued))
    given = {
        "reporting_area": "Metro", "state": "CA", "pollutant": "pm25", "issued": days,
        "target_date": days + pd.Timedelta(days=lead), "lead_days": lead, "latitude": 34.1, "longitude": -118.0,
        "aqi": aqi, "category": category, "action_day": False, "agency": "AQMD",
    }  # fmt: skip
    return pd.DataFrame(given)


def verify(matured, epa):
    table = verify_beside_epa(matured, epa, SITES)
    return schemas.EpaVerification.validate(table).set_index("forecaster")


def test_three_forecasters_are_scored_on_the_same_rows_in_aqi():
    # By the table of 2023: observed 12.0 µg/m³ is 50, our 10.0 is 42 (41.7), persistence 8.0 is 33; the agency said 61.
    table = verify(build_matured(ISSUED, observed=12.0), build_epa())
    assert table["n"].to_dict() == {"airwatch": 1, "epa": 1, "persistence": 1}
    assert table["mae_aqi"].to_dict() == {"airwatch": 8.0, "epa": 11.0, "persistence": 17.0}
    assert table["bias_aqi"].to_dict() == {"airwatch": -8.0, "epa": 11.0, "persistence": -17.0}
    assert table["category_hit"].to_dict() == {"airwatch": 1.0, "epa": 0.0, "persistence": 1.0}
    assert set(table["category_near"]) == {1.0}


@pytest.mark.parametrize(("day", "aqi"), [("2024-05-04", 42.0), ("2024-05-05", 53.0)])
def test_the_table_is_the_one_that_held_on_the_target_day(day, aqi):
    # 10 µg/m³ is 42 until 2024-05-05 and 53 from the 6th on, and 8 is 33 and 44; what is observed is what we forecast.
    table = verify(build_matured([day], observed=10.0), build_epa(0.0, "Good", [day]))
    assert table["mae_aqi"].to_dict() == {"airwatch": 0.0, "epa": aqi, "persistence": 9.0}


def test_exceedances_are_counted_with_their_hits_and_false_alarms():
    # Above an AQI of 100 from 35.5 µg/m³ on: observed on days 1 and 2, forecast by us on 1, by the agency on 2 and 3.
    days = ["2023-01-09", "2023-01-10", "2023-01-11"]
    matured = build_matured(days, observed=[40.0, 40.0, 10.0], mean=[36.0, 30.0, 30.0], persistence=10.0)
    epa = build_epa([80.0, 110.0, 110.0], ["Moderate", *["Unhealthy for Sensitive Groups"] * 2], days)
    table = verify(matured, epa)
    assert table["exceedances"].tolist() == [2, 2, 2]
    assert table["hits"].to_dict() == {"airwatch": 1, "epa": 1, "persistence": 0}
    assert table["false_alarms"].to_dict() == {"airwatch": 0, "epa": 1, "persistence": 0}
    assert table["csi"].to_dict() == {"airwatch": 0.5, "epa": pytest.approx(1 / 3), "persistence": 0.0}


def test_a_category_alone_counts_for_categories_and_not_for_the_aqi():
    table = verify(build_matured(ISSUED, observed=12.0), build_epa(np.nan))
    assert (table.loc["epa", "n"], table.loc["epa", "n_aqi"], table.loc["epa", "category_hit"]) == (1, 0, 0.0)
    assert table["mae_aqi"].isna().all()


@pytest.mark.parametrize(
    ("matured", "epa"),
    [
        (build_matured(ISSUED, kind="backtest"), build_epa()),
        (build_matured(ISSUED, persistence=np.nan), build_epa()),
        (build_matured(ISSUED), build_epa(lead=2)),
        (build_matured(ISSUED), build_epa(category="")),
        (build_matured(ISSUED), schemas.empty("EpaForecasts")),
        (build_matured([]), build_epa()),
    ],
)
def test_where_nothing_is_beside_each_other_the_table_is_empty(matured, epa):
    assert verify(matured, epa).empty
