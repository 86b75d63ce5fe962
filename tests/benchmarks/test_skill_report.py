"""The report and the command that writes it."""

import numpy as np
import pandas as pd
import pytest

from airwatch.scores import QUANTILES
from benchmarks.skill.__main__ import main
from benchmarks.skill.evaluate import Judged, skill_table
from benchmarks.skill.report import Results, markdown
from builders_skill import build_split

SITES = ("0001", "0002", "0005")


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    """Three sites that are not kept for the test, every day from 2016 to 2019, as a file of AQS rows."""
    days = pd.date_range("2016-01-01", "2019-12-31")
    rng = np.random.default_rng(20)
    tables = [
        pd.DataFrame(
            {
                "state_code": "06",
                "county_code": "037",
                "site_number": site,
                "parameter_code": "88101",
                "poc": 1,
                "date_local": days,
                "latitude": 34.0,
                "longitude": -118.0,
                "arithmetic_mean": rng.gamma(4.0, 2.0, len(days)).round(1),
                "first_max_value": 40.0,
            }
        )
        for site in SITES
    ]
    path = tmp_path_factory.mktemp("panel") / "days.parquet"
    pd.concat(tables, ignore_index=True).to_parquet(path)
    return path


def run(panel, folder, *more):
    main([str(panel), "--protocol", "dev", "--methods", "persistence", "blend", *more, "--out", str(folder)])


def test_the_command_writes_the_report_and_its_numbers(panel, tmp_path):
    run(panel, tmp_path)
    table = pd.read_csv(tmp_path / "skill_dev.csv")
    assert len(table) == 2 * 2 * 7  # all origins and 2019, two methods, seven leads
    # Each lead loses as many days at the end of 2019, at three sites.
    assert table.loc[(table["year"] == "all") & (table["method"] == "blend"), "n"].tolist() == [
        3 * (365 - lead) for lead in range(1, 8)
    ]
    text = (tmp_path / "skill_dev.md").read_text()
    assert "`python -m benchmarks.skill days.parquet --protocol dev --methods persistence blend`" in text
    assert "3 sites with 250 observed days" in text
    assert "origins from 2019-01-01 to 2019-12-30" in text
    assert str(panel.parent) not in text


def test_forecasts_in_the_cache_are_not_made_again(panel, tmp_path):
    run(panel, tmp_path / "first", "--cache", str(tmp_path / "cache"))
    kept = tmp_path / "cache/dev_3_blend.parquet"
    pd.read_parquet(kept).assign(mean=1000.0).to_parquet(kept)
    run(panel, tmp_path / "second", "--cache", str(tmp_path / "cache"))
    rmse = pd.read_csv(tmp_path / "second/skill_dev.csv").groupby("method")["rmse"].min()
    assert rmse["blend"] > 900.0 > rmse["persistence"]


def test_autoets_is_scored_on_its_own_rows_beside_persistence(panel, tmp_path):
    main([str(panel), "--protocol", "dev", "--methods", "persistence", "autoets", "--out", str(tmp_path)])
    assert set(pd.read_csv(tmp_path / "skill_dev.csv")["method"]) == {"persistence"}
    subset = pd.read_csv(tmp_path / "skill_dev_subset.csv")
    assert set(subset["method"]) == {"persistence", "autoets"}
    assert subset.groupby("method")["n"].sum().nunique() == 1


def test_ozone_is_reported_in_ppb():
    split = build_split("2018-12-31", pollutant="ozone", protocol="ozone")
    rows = pd.DataFrame(
        {
            "site_id": "06-037-1103",
            "origin_date": pd.date_range("2019-01-01", periods=4),
            "lead_days": 1,
            "observed": 0.050,
            "persistence": 0.060,
        }
    )
    forecast = pd.DataFrame({"mean": [0.055] * 4, **dict.fromkeys(QUANTILES, 0.055)})
    forecast = forecast.assign(p_aqi_above_50=0.5, p_aqi_above_100=0.0, warning_100=False)
    judged = Judged("ozone", rows, {"one": forecast}, {"one": 1.0})
    skill = skill_table(judged)
    text = markdown(Results("command", split, judged, skill, pd.DataFrame(), pd.DataFrame()))
    assert "| one | 5.00 | " in text
    assert "in ppb" in text
    assert skill["rmse"].tolist() == pytest.approx([0.005, 0.005])
