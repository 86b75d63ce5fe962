"""AirNow's values where AQS has none yet.

A site and pollutant is AirNow's after the newest day that AQS has of it. A day before that which AQS does not have
was left out on purpose, by the schedule of a filter or by the agency, and AirNow does not bring it back. Once AQS has
a later day, the site's provisional values up to it are gone with the next run.
"""

from __future__ import annotations

import pandas as pd

from airwatch.pipelines.feature_engineering.labels import Labels
from airwatch.pipelines.feature_engineering.policy import Summaries

KEY = ["site_id", "pollutant", "date_local"]
SOURCE = "airnow"
NO_POC = 0  # AirNow does not say which instrument


def with_provisional(
    observed: pd.DataFrame, summaries: Summaries, airnow_daily: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """The daily values of a block of sites, gone on with by AirNow's.

    Args:
        observed: ``daily_observations`` of the block, of AQS.
        summaries: All that AQS has of the block, whether it gives a value or not.
        airnow_daily: AirNow's values, of these sites and others.
        as_of: No later day is taken.

    Returns:
        ``DailyObservations``, sorted by key. AirNow's rows are marked provisional, are of source ``airnow`` and have
        neither POC nor method.
    """
    ours = airnow_daily[airnow_daily["site_id"].isin(summaries.site.values) & (airnow_daily["date_local"] <= as_of)]
    if ours.empty:
        return observed
    newest = ours.merge(newest_days(summaries, as_of), on=KEY[:2])
    later = newest[newest["date_local"] > newest["newest"]]
    rows = later[[*KEY, "value"]].assign(
        poc=NO_POC, method_code=None, observation_percent=float("nan"), event_type=None, source=SOURCE, provisional=True
    )
    texts = observed.columns[observed.dtypes == "str"]
    both = pd.concat([observed, rows.astype(dict.fromkeys(texts, "str"))[list(observed.columns)]])
    return both.sort_values(KEY, ignore_index=True)


def newest_days(summaries: Summaries, as_of: pd.Timestamp) -> pd.DataFrame:
    """The newest day up to ``as_of`` of which AQS has any row, by site and pollutant."""
    places = pd.DataFrame(
        {
            "site_id": _texts(summaries.site),
            "pollutant": _texts(summaries.pollutant),
            "newest": summaries.frame["date_local"].to_numpy(),
        }
    )
    by_site = places[places["newest"] <= as_of].groupby(KEY[:2], observed=True)["newest"]
    return by_site.max().reset_index().astype({"site_id": "str", "pollutant": "str"})


def _texts(labels: Labels) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(labels.codes, pd.Index(labels.values, dtype="str"))
