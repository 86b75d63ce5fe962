import pytest

from airwatch.pipelines.monitoring.wording import held, title


@pytest.mark.parametrize(
    ("check", "value", "limit", "told"),
    [
        ("pm25.freshness", 12.0, 7.0, "12 days (at most 7 days)"),
        ("pm25.freshness", 1.0, 7.0, "1 day (at most 7 days)"),
        ("pm25.reporting", 0.625, 0.75, "62 % (at least 75 %)"),
        ("pm25.skill", -0.206, 0.0, "-0.21 (at least 0)"),
        ("pm25.skill", -0.00123, 0.0, "-0.0012 (at least 0)"),
        ("pm25.bias", -0.31, 0.3, "-31 % (at most ±30 %)"),
        ("pm25.bias", 0.31, 0.3, "+31 % (at most ±30 %)"),
        ("pm25.unheard_of", 1234.5, 7.0, "1.23e+03 (limit 7)"),
        ("pm25.skill", 0.2, None, "+0.20"),
        ("pm25.skill", None, 0.0, ""),
        ("pm25.skill", float("nan"), 0.0, ""),
    ],
)
def test_a_value_is_told_beside_its_limit_with_its_unit(check, value, limit, told):
    assert held(check, value, limit) == told


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("pm25.skill", "PM2.5: skill against persistence"),
        ("ozone.stuck_instrument", "Ozone: stuck instrument"),
        ("ledger", "ledger"),
    ],
)
def test_a_check_is_called_what_a_reader_knows(check, told):
    assert title(check) == told
