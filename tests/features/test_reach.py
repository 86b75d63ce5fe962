from datetime import date

import pandas as pd
import pytest

from airwatch.features.reach import StaleFeaturesError, require_reach

FEATURES = pd.DataFrame({"origin_date": pd.to_datetime(["2021-06-29", "2021-06-30"])})


def test_require_reach_takes_a_table_that_ends_on_as_of_or_later() -> None:
    require_reach(FEATURES, date(2021, 6, 30))
    require_reach(FEATURES, date(2021, 6, 1))


def test_require_reach_takes_a_table_in_which_nothing_was_observed() -> None:
    require_reach(FEATURES.iloc[:0], date(2021, 6, 30))


def test_require_reach_refuses_a_table_that_ends_a_day_short_and_says_what_to_run() -> None:
    with pytest.raises(StaleFeaturesError, match=r"end on 2021-06-30 .* as of 2021-07-01.*feature_engineering"):
        require_reach(FEATURES, date(2021, 7, 1))
