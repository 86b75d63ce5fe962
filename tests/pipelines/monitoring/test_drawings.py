import pandas as pd
import pytest

from airwatch.pipelines.monitoring.drawings import Chances, Weeks
from builders_monitoring import build_matured, origins


def weeks(days=28, last="2023-12-28", **columns):
    rows = build_matured(origins(days, last=last), **columns).sort_values("target_date", ignore_index=True)
    return Weeks(rows, "North Main", "pm25", (rows["target_date"].min(), rows["target_date"].max()))


def of(texts):
    return [tuple(float(number) for number in place.split(",")) for text in texts for place in text.split()]


@pytest.mark.parametrize(
    "columns", [{}, {"observed": 0.0}, {"observed": -3.0}, {"observed": 900.0}, {"observed": 0.0, "q90": 0.0}]
)
@pytest.mark.parametrize("days", [1, 2, 28])
def test_all_that_is_drawn_lies_within_the_drawing(columns, days):
    if "q90" in columns:
        columns = {**columns, "mean": 0.0, "q10": 0.0}
    drawn = weeks(days, **columns)
    frame = drawn.frame
    for x, y in [*drawn.observed, *of(drawn.means), *of(drawn.bands)]:
        assert frame.left - 3 <= x <= frame.right + 3
        assert frame.top - 0.1 <= y <= frame.bottom + 0.1
    assert 1 <= len(drawn.lines) <= 8


def test_a_day_without_forecast_parts_the_line():
    rows = weeks().rows.drop(index=[10])
    drawn = Weeks(rows, "", "pm25", (rows["target_date"].min(), rows["target_date"].max()))
    assert [len(line.split()) for line in drawn.means] == [10, 17]
    assert [len(line.split()) for line in drawn.bands] == [20, 34]


def test_the_line_of_an_aqi_of_100_is_drawn_where_it_is_reached():
    assert weeks(observed=9.0).limit is None
    high = weeks(observed=60.0)
    assert high.limit == high.frame.y(35.5)


def test_the_weeks_are_told_in_words_too():
    assert weeks(2).said == (
        "06-037-1103 North Main: 2 days, observed 9 to 9 µg/m³, 2 of them within the 80 % range of the forecast"
    )


def chances(*tenths):
    rows = [
        {"chance_low": low, "mean_chance": chance, "observed_share": share, "n": n} for low, chance, share, n in tenths
    ]
    return Chances(pd.DataFrame(rows), "pm25", 100)


def test_the_chances_of_all_leads_are_taken_together_by_their_number():
    # 10 forecasts of 0.12 and 30 of 0.16: 0.15 in the mean; it happened on 1 + 9 of 40 days.
    drawn = chances((0.1, 0.12, 0.1, 10), (0.1, 0.16, 0.3, 30), (0.9, 0.95, 1.0, 40))
    first, last = drawn.tenths
    assert first == pytest.approx({"chance": 0.15, "share": 0.25, "n": 40})
    assert last == pytest.approx({"chance": 0.95, "share": 1.0, "n": 40})
    assert drawn.said == "PM2.5, chance of an AQI above 100: 15% given, 25% happened; 95% given, 100% happened"


def test_a_chance_that_kept_its_word_lies_on_the_diagonal():
    [(x, y, _)] = chances((0.5, 0.5, 0.5, 10)).dots
    frame = chances((0.5, 0.5, 0.5, 10)).frame
    assert (x, y) == ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
