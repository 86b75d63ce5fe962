from pathlib import Path

import pandas as pd
import pytest

from airwatch.scope import OtherScopeError, made_for, mark, require_made_for, require_reach
from builders import build_run

FEATURES = pd.DataFrame({"origin_date": pd.to_datetime(["2023-12-30", "2023-12-31"])})


@pytest.mark.parametrize(
    "changed",
    [{"seed": 21}, {"area": {"site": "99-001-0001"}}, {"neighbourhood_km": 50}, {"horizon_days": 3}],
)
def test_a_table_of_another_source_area_neighbourhood_or_horizon_is_not_ours(changed):
    assert not made_for(mark(FEATURES, build_run()), build_run(**changed))


def test_a_table_is_ours_whatever_the_day_and_the_origins():
    later = build_run(as_of="2023-06-30", origins="2023-01-01/2023-02-01", first_year=2020)
    assert made_for(mark(FEATURES, build_run()), later)


def test_a_table_of_more_pollutants_is_ours_and_one_of_fewer_is_not():
    both = build_run(pollutants=("pm25", "ozone"))
    assert made_for(mark(FEATURES, both), build_run(pollutants=("ozone",)))
    assert not made_for(mark(FEATURES, build_run(pollutants=("ozone",))), both)


def test_what_a_table_does_not_depend_on_does_not_matter():
    summaries = mark(FEATURES, build_run(), whatever=("horizon_days",))
    assert made_for(summaries, build_run(horizon_days=3))


def test_a_table_that_does_not_say_is_taken():
    assert made_for(FEATURES, build_run())


def test_the_mark_is_stored_with_the_table_and_leaves_the_frame_alone(tmp_path: Path):
    mark(FEATURES, build_run()).to_parquet(tmp_path / "table.parquet")
    stored = pd.read_parquet(tmp_path / "table.parquet")
    assert not made_for(stored, build_run(seed=21))
    assert FEATURES.attrs == {}


def test_require_made_for_names_what_differs_and_what_to_run():
    with pytest.raises(OtherScopeError, match=r"features .* source=sandbox-20 and .* source=sandbox-21"):
        require_made_for(mark(FEATURES, build_run()), "features", "feature_engineering", build_run(seed=21))


def test_require_reach_takes_a_table_that_ends_on_as_of_or_later():
    require_reach(FEATURES, build_run(as_of="2023-12-31"))
    require_reach(FEATURES, build_run(as_of="2023-06-01"))


def test_require_reach_takes_a_table_in_which_nothing_was_observed():
    require_reach(FEATURES.iloc[:0], build_run())


def test_require_reach_refuses_a_table_that_ends_a_day_short_and_says_what_to_run():
    with pytest.raises(OtherScopeError, match=r"end on 2023-12-31 .* as of 2024-01-01.*feature_engineering"):
        require_reach(FEATURES, build_run(as_of="2024-01-01"))
