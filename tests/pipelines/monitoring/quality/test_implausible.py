import pandas as pd
import pytest

from builders import build_summaries
from builders_quality import SICK, SITES, build_network, check, hurt, named, place

OZONE = {"sites": place(pollutant="ozone"), "pollutants": ("ozone",)}


def refused(count, site=SICK, value=48.0):
    """Summaries of the newest days with values that the policy leaves out."""
    start = pd.Timestamp("2023-12-31") - pd.Timedelta(days=count - 1)
    return build_summaries(count, str(start.date()), "ozone", site_id=site, first_max_value=value)


@pytest.mark.parametrize(("count", "found"), [(2, []), (3, [(SICK, "unit", "2023-12-29")])])
def test_ozone_given_in_ppb_is_a_slip_though_its_values_never_become_observations(count, found):
    missing = str((pd.Timestamp("2024-01-01") - pd.Timedelta(days=count)).date())
    days = hurt(build_network("ozone"), missing, None)
    assert named(check(days, summaries=refused(count), **OZONE)) == found


def test_a_slip_explains_the_silence_that_it_makes():
    days = hurt(build_network("ozone"), "2023-12-12", None)
    [row] = check(days, summaries=refused(20), **OZONE).to_dict("records")
    assert (row["check"], row["since"]) == ("unit", pd.Timestamp("2023-12-18"))  # of what was read, the recent days
    assert row["note"].startswith("48 ppm, which is not plausible: about 1000 times above its level")


def test_a_site_without_any_summary_is_silent():
    days = hurt(build_network("ozone"), "2023-12-12", None)
    assert named(check(days, summaries=refused(20, SITES[0]), **OZONE)) == [(SICK, "silent", "2023-12-12")]
