import numpy as np
import pandas as pd
import pytest

from airwatch.domain.transforms import transform
from airwatch.pipelines.training.examples import judge_issuable, no_examples, pair_examples
from builders import SITE, build_days

UNIT = transform("log1p")


def origins(count, start="2023-01-01", site=SITE, pollutant="pm25"):
    """Rows of a feature table whose one column is the day's number."""
    days = build_days(count, start, site=site, pollutant=pollutant)
    return days[["site_id", "pollutant"]].assign(origin_date=days["date_local"], value_lag_00=days["value"])


def pair(features, observations, as_of="2023-12-31", horizon_days=2):
    return pair_examples(features, observations, "pm25", pd.Timestamp(as_of), horizon_days, UNIT)


def test_pair_examples_puts_the_coming_days_beside_each_origin():
    # The value of the n-th of January is n.
    examples = pair(origins(3), build_days(5))
    np.testing.assert_array_equal(examples.targets, [[2, 3], [3, 4], [4, 5]])
    assert examples.features["value_lag_00"].tolist() == [1, 2, 3]


def test_pair_examples_knows_nothing_of_a_day_that_was_not_observed():
    examples = pair(origins(3), build_days(5, missing=[2]))
    np.testing.assert_array_equal(examples.targets, [[2, np.nan], [np.nan, 4], [4, 5]])


def test_pair_examples_knows_nothing_after_as_of():
    examples = pair(origins(5), build_days(5), as_of="2023-01-03")
    np.testing.assert_array_equal(examples.targets, [[2, 3], [3, np.nan], [np.nan, np.nan]])


def test_pair_examples_keeps_sites_apart():
    other = "06-037-0002"
    features = pd.concat([origins(1, site=other), origins(1)], ignore_index=True)
    observations = pd.concat([build_days(3, values=[1, 2, 3]), build_days(3, site=other, values=[7, 8, 9])])
    np.testing.assert_array_equal(pair(features, observations).targets, [[8, 9], [2, 3]])


def test_pair_examples_of_a_site_that_began_later_than_another():
    late = build_days(2, "2023-03-01", site="06-037-0002", values=[7, 8])
    features = pd.concat([origins(1, "2023-03-01", site="06-037-0002"), origins(1)], ignore_index=True)
    examples = pair(features, pd.concat([late, build_days(3)]))
    np.testing.assert_array_equal(examples.targets, [[8, np.nan], [2, 3]])


def test_pair_examples_takes_one_pollutant_alone():
    features = pd.concat([origins(2, pollutant="ozone"), origins(1)], ignore_index=True)
    observations = pd.concat([build_days(3, pollutant="ozone", values=0.05), build_days(3)])
    examples = pair(features, observations)
    np.testing.assert_array_equal(examples.targets, [[2, 3]])


@pytest.mark.parametrize(("features", "observations"), [(origins(0), build_days(3)), (origins(3), build_days(0))])
def test_pair_examples_of_nothing_has_no_rows_and_the_leads(features, observations):
    examples = pair(features, observations, horizon_days=4)
    assert (len(examples), examples.targets.shape) == (0, (0, 4))


def test_where_keeps_features_and_targets_together():
    chosen = pair(origins(3), build_days(5)).where(np.array([True, False, True]))
    assert chosen.origins.tolist() == [pd.Timestamp("2023-01-01").date(), pd.Timestamp("2023-01-03").date()]
    np.testing.assert_array_equal(chosen.targets, [[2, 3], [4, 5]])
    assert chosen.unit is UNIT


def test_an_origin_none_of_whose_days_was_observed_has_no_target():
    examples = pair(origins(3), build_days(3))
    # The last of the three has nothing after it.
    assert examples.observed.tolist() == [True, True, False]


def test_only_a_forecastable_origin_of_a_site_in_the_area_is_issuable():
    other = "06-037-0002"
    examples = pair(pd.concat([origins(1, site=other), origins(3)], ignore_index=True), build_days(5))
    judged = pd.DataFrame(
        {
            "site_id": [other, SITE, SITE],
            "origin_date": pd.to_datetime(["2023-01-01", "2023-01-01", "2023-01-02"]),
            "forecastable": [True, True, False],
        }
    )
    # The third of January is not among the origins that were judged.
    assert judge_issuable(examples, judged, pd.Index([SITE])).issuable.tolist() == [False, True, False, False]
    assert judge_issuable(examples, judged, pd.Index([SITE, other])).issuable.tolist() == [True, True, False, False]


def test_no_examples_have_the_columns_of_the_table_and_the_leads():
    examples = no_examples("ozone", origins(3), 4, UNIT)
    assert (examples.pollutant, len(examples), examples.targets.shape) == ("ozone", 0, (0, 4))
    assert examples.features.columns.tolist() == origins(3).columns.tolist()
