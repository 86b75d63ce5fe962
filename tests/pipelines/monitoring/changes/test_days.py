import numpy as np
import pandas as pd

from airwatch.domain.transforms import transform
from airwatch.pipelines.monitoring.changes.days import NO_INSTRUMENT, Days
from builders import SITE, build_days
from builders_changes import LAST, build_smoke, places

OTHER = "06-037-4008"


def laid_out(observations, smoke=None, history=10, last=LAST, **site_columns):
    smoke = build_smoke() if smoke is None else smoke
    sites = places(observations, **site_columns)
    return Days.of("pm25", observations, sites, smoke, last, history, transform("log1p"))


def test_days_lie_in_rows_of_sites_and_columns_of_days():
    days = laid_out(
        pd.concat([build_days(3, start="2023-12-29"), build_days(1, start="2023-12-30", site=OTHER, values=7.0)])
    )
    assert days.site_ids.tolist() == [SITE, OTHER]
    assert days.values[0, -3:].tolist() == [1.0, 2.0, 3.0]
    assert np.nan_to_num(days.values[1, -3:]).tolist() == [0.0, 7.0, 0.0]
    assert days.day(days.values.shape[1] - 1) == pd.Timestamp("2023-12-31")
    assert days.values.shape[1] == 10


def test_days_know_nothing_after_the_last_one_and_end_on_the_newest_observed():
    days = laid_out(build_days(10, start="2023-12-01"), history=100, last=pd.Timestamp("2023-12-05"))
    assert days.values[0, -1] == 5.0
    assert days.day(days.values.shape[1] - 1) == pd.Timestamp("2023-12-05")


def test_days_tell_instruments_apart_by_poc_and_by_method():
    observations = build_days(4, start="2023-12-28", missing=[3]).assign(
        poc=[1, 3, 1], method_code=["170", "170", "236"]
    )
    codes = laid_out(pd.concat([observations, build_days(1, start="2023-12-31", site=OTHER)])).instrument[0, -4:]
    assert len(set(codes[:3].tolist())) == 3
    assert codes[3] == NO_INSTRUMENT


def test_days_of_smoke_are_marked_at_their_site_alone():
    both = pd.concat([build_days(3, start="2023-12-29"), build_days(3, start="2023-12-29", site=OTHER)])
    days = laid_out(both, build_smoke(OTHER, "2023-12-30", "1999-01-01"))
    assert np.argwhere(days.smoky).tolist() == [[1, 8]]


def test_days_of_a_pollutant_without_observation_are_none():
    assert laid_out(build_days(0)) is None


def test_days_take_a_site_that_the_list_lacks_for_one_outside_the_area():
    observations = build_days(3, start="2023-12-29")
    days = Days.of("pm25", observations, places(observations).iloc[:0], build_smoke(), LAST, 5, transform("log1p"))
    assert (days.inside.tolist(), np.isnan(days.places).all()) == ([False], True)
