"""Who is told what monitoring found: each incident when it opens, and again when it has ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pandas as pd

from airwatch.alerts.channels import AlertChannels
from airwatch.alerts.delivery import Patience
from airwatch.alerts.incidents import Finding, Incident, as_table, follow, followed_to, is_past, read
from airwatch.alerts.message import Message
from airwatch.alerts.notices import Notice, Words
from airwatch.alerts.telling import tell
from airwatch.parameters import RunParams
from airwatch.pipelines.monitoring.decision import DECISION
from airwatch.pipelines.monitoring.params import AlertParams, MonitoringParams
from airwatch.pipelines.monitoring.wording import held, measure, title

logger = logging.getLogger(__name__)

QUALITY = ".quality"  # a check that sums up data_quality, whose rows are incidents of their own


def send_alerts(
    known_incidents: pd.DataFrame,
    monitoring_summary: pd.DataFrame,
    data_quality: pd.DataFrame,
    sites: pd.DataFrame,
    alert_channels: AlertChannels,
    run: RunParams,
    params: MonitoringParams,
) -> pd.DataFrame:
    """Open and end incidents, and tell the channels of those that they were not told of.

    An alert that cannot be sent is a line in the log and is tried again by the next run; it never stops this one. A
    run as of a day before the newest that was followed changes nothing and tells nobody.

    Args:
        known_incidents: Incidents as the run before left them.
        monitoring_summary: Each check with its status; what is not ok is an incident of the area.
        data_quality: What is wrong at which site; each row is an incident of the site.
        sites: Names of the sites.
        alert_channels: Ways to tell somebody.
        run: ``as_of``, source, area and pollutants.
        params: When an incident has ended, and how long to try.

    Returns:
        ``Incidents``: all that were ever seen, with the channels that were told.
    """
    if is_past(known_incidents, run):
        newest = followed_to(known_incidents, run)
        logger.info("Incidents were followed to %s: none opens, ends or is told as of %s", newest, run.as_of)
        return known_incidents
    findings = [*_of_summary(monitoring_summary), *_of_quality(data_quality)]
    followed = follow(read(known_incidents), findings, run, params.alerts.quiet_days)
    _log(followed, run)
    ours = [incident for incident in followed if incident.is_of(run)]
    others = [incident for incident in followed if not incident.is_of(run)]
    return as_table([*others, *_tell(ours, alert_channels, sites, run, params.alerts)], known_incidents, run)


def _of_summary(summary: pd.DataFrame) -> Iterator[Finding]:
    """The checks that are not ok, but for those that say the same of all."""
    for row in summary[summary["status"] != "ok"].to_dict("records"):
        if row["check"] != DECISION and not row["check"].endswith(QUALITY):
            yield Finding(
                row["check"], "", row["status"], _day(row["since"]), row["value"], row["limit"], row["action"]
            )


def _of_quality(quality: pd.DataFrame) -> Iterator[Finding]:
    """What is wrong at a site, or with the data of all the area."""
    for row in quality.to_dict("records"):
        check = f"{row['pollutant']}.{row['check']}"
        action = f"{row['note']} {measure(check).remedy}".strip()
        yield Finding(check, row["site_id"], "warn", _day(row["since"]), row["value"], row["limit"], action)


def _day(when: pd.Timestamp) -> pd.Timestamp | None:
    return None if pd.isna(when) else when


def _log(followed: Sequence[Incident], run: RunParams) -> None:
    """How many are open, and what this run changed."""
    today, ours = pd.Timestamp(run.as_of), [incident for incident in followed if incident.is_of(run)]
    logger.info(
        "Incidents: %d open, of them %d new; %d ended",
        sum(incident.is_open for incident in ours),
        sum(incident.is_open and incident.opened == today for incident in ours),
        sum(incident.closed == today for incident in ours),
    )


def _tell(
    incidents: list[Incident], channels: AlertChannels, sites: pd.DataFrame, run: RunParams, params: AlertParams
) -> list[Incident]:
    """Tell the channels; the run goes on whatever becomes of it."""
    if not params.send:
        return incidents
    patience = Patience(params.timeout_s, params.attempts, params.pause_s, params.deadline_s)
    compose = partial(_composed, run=run, params=params)
    try:
        return tell(incidents, channels, describer(sites, run), compose, patience)
    except Exception as error:  # a mistake of ours here must not cost the forecasts either
        logger.warning("No alert was sent: %s. The next run tries again.", type(error).__name__)
        logger.debug("The alert that was not sent", exc_info=True)
        return incidents


def describer(sites: pd.DataFrame, run: RunParams) -> Callable[[Incident], Words]:
    """What puts an incident into words: the names of its site and of what was measured."""
    names = sites.drop_duplicates("site_id").set_index("site_id")["name"].to_dict()

    def described(incident: Incident) -> Words:
        where = f"{incident.site_id} {names.get(incident.site_id, '')}".strip() if incident.site_id else str(run.area)
        return Words(title(incident.check), where, held(incident.check, incident.value, incident.limit))

    return described


def _composed(those: tuple[Notice, ...], run: RunParams, params: AlertParams) -> Message:
    """One message of some notices."""
    return Message(
        as_of=str(run.as_of),
        source=run.source_label,
        simulated=run.source == "sandbox",
        area=str(run.area),
        page_url=params.page_url,
        notices=those,
        most=params.most_notices,
    )
