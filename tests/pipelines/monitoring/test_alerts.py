"""What people are told as runs follow one another, by the servers that take their messages."""

import json
import shutil

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.pipelines.monitoring.alerts import send_alerts
from alerts_on_loopback import HOST
from builders import SITE, build_run
from builders_alerts import build_channels
from builders_monitoring import build_area_sites, build_monitoring_params
from whole_runs import WHOLE, WholeRun

HASTE = {"timeout_s": 5, "attempts": 2, "pause_s": 0, "deadline_s": 10, "page_url": "https://airwatch.example.org/"}
TOKEN = "canary-token-4724"


def summary(**statuses):
    """``monitoring_summary`` of PM2.5: ``summary(skill="warn")``."""
    held = {"value": -0.21, "limit": 0.0, "action": "Look into it."}
    rows = [{"check": f"pm25.{name}", "status": status, **held} for name, status in {"skill": "ok", **statuses}.items()]
    decision = {"check": "decision", "status": "warn", **held}
    return pd.DataFrame([decision, *rows]).assign(since=pd.Timestamp("2023-12-02"))


def quality(*sites, check="stuck"):
    """``data_quality``: these sites fail a check."""
    columns = ["site_id", "pollutant", "check", "since", "until", "value", "limit", "note"]
    days = [pd.Timestamp("2023-12-15"), pd.Timestamp("2023-12-31")]
    rows = [[site, "pm25", check, *days, 9.0, 5.0, "5.1 µg/m³ on 9 samples in a row."] for site in sites]
    return pd.DataFrame(rows, columns=columns)


class Project:
    """Runs of one project, one after another, with the incidents kept from each to the next."""

    def __init__(self, channels):
        self.channels = channels
        self.incidents = schemas.empty("Incidents")

    def run(self, day, *sites, pollutants=("pm25",), alerts=None, **statuses):
        self.incidents = send_alerts(
            known_incidents=self.incidents,
            monitoring_summary=summary(**statuses),
            data_quality=quality(*sites),
            sites=build_area_sites(name="North Main"),
            alert_channels=self.channels,
            run=build_run(as_of=f"2023-{day}", pollutants=pollutants),
            params=build_monitoring_params(alerts={**HASTE, **(alerts or {})}),
        )
        return self.incidents


@pytest.fixture
def project(hook, configured):
    """A project that tells a webhook."""
    configured(ALERT_WEBHOOK_URL=f"{hook.url}/{TOKEN}")
    return Project(build_channels())


def told(hook):
    """What each message told, in order: ``[{"opened": ["pm25.skill"]}]``."""
    documents = [json.loads(body) for _, _, body in hook.posts]
    events = ("opened", "worsened", "ended")
    return [{event: [each["check"] for each in told[event]] for event in events if told[event]} for told in documents]


def test_an_incident_is_told_when_it_opens_and_when_it_has_ended_and_not_between(project, hook):
    for day, status in zip(range(1, 15), ["ok", "warn", "warn", "warn", "warn"] + ["ok"] * 9, strict=True):
        project.run(f"12-{day:02d}", skill=status)
    assert told(hook) == [{"opened": ["pm25.skill"]}, {"ended": ["pm25.skill"]}]


def test_what_grows_worse_is_told_once(project, hook):
    for day, status in enumerate(["warn", "warn", "retrain", "retrain", "warn", "retrain"], start=1):
        project.run(f"12-{day:02d}", skill=status)
    assert told(hook) == [{"opened": ["pm25.skill"]}, {"worsened": ["pm25.skill"]}]


def test_what_opens_as_grave_as_can_be_is_told_once(project, hook):
    for day in ("12-01", "12-02"):
        project.run(day, skill="retrain")
    assert told(hook) == [{"opened": ["pm25.skill"]}]


def test_what_comes_and_goes_is_one_incident(project, hook):
    for day in range(1, 29):
        project.run(f"12-{day:02d}", skill="warn" if day % 2 else "ok")
    assert told(hook) == [{"opened": ["pm25.skill"]}]


def test_the_same_run_again_tells_nothing_again(project, hook):
    first, again = project.run("12-31", SITE, skill="warn"), project.run("12-31", SITE, skill="warn")
    assert len(hook.posts) == 1
    assert_frame_equal(first, again)


def test_a_run_as_of_an_earlier_day_tells_nothing_and_changes_nothing(project, hook):
    newest = project.run("12-31", skill="warn")
    assert_frame_equal(project.run("06-30", SITE, skill="retrain", freshness="warn"), newest)
    assert len(hook.posts) == 1


def test_many_incidents_are_one_message(project, hook):
    project.run("12-31", *(f"06-037-{number:04d}" for number in range(300)), skill="warn", freshness="warn")
    [message] = told(hook)
    assert len(message["opened"]) == 302


def test_a_message_says_what_where_since_when_how_bad_what_to_do_and_links_to_the_page(project, hook):
    project.run("12-31", SITE)
    [document] = [json.loads(body) for _, _, body in hook.posts]
    assert document["page_url"] == "https://airwatch.example.org/"
    assert (document["source"], document["simulated"], document["as_of"]) == ("sandbox-20", True, "2023-12-31")
    assert document["opened"] == [
        {
            "check": "pm25.stuck",
            "pollutant": "pm25",
            "site_id": SITE,
            "what": "PM2.5: the same value again and again",
            "where": f"{SITE} North Main",
            "status": "warn",
            "worst": "warn",
            "since": "2023-12-15",
            "opened": "2023-12-31",
            "last_seen": "2023-12-31",
            "closed": None,
            "value": 9.0,
            "limit": 5.0,
            "how_bad": "9 samples (at most 5 samples)",
            "action": "5.1 µg/m³ on 9 samples in a row. Look at the instrument.",
        }
    ]


def test_a_check_that_sums_up_the_sites_is_no_incident_beside_theirs(project, hook):
    project.run("12-31", SITE, quality="warn")
    assert told(hook) == [{"opened": ["pm25.stuck"]}]


def test_a_pollutant_that_a_run_leaves_out_is_not_over(project, hook):
    project.run("12-01", skill="warn")
    assert project.run("12-31", pollutants=("ozone",))["closed"].isna().all()
    assert len(hook.posts) == 1


def test_an_alert_that_fails_is_tried_again_by_the_next_run_and_by_it_alone(project, hook, caplog):
    hook.will(500)
    failed = project.run("12-30", skill="warn")
    assert failed["notified_open"].tolist() == [""]
    assert [r.getMessage().count("was not sent") for r in caplog.records if r.levelname == "WARNING"] == [1]
    hook.posts.clear()
    hook.will(200)
    for day in ("12-30", "12-31"):
        project.run(day, skill="warn")
    assert told(hook) == [{"opened": ["pm25.skill"]}]


def test_an_end_that_was_not_told_is_told_later(project, hook):
    project.run("12-01", skill="warn")
    hook.will(503)
    project.run("12-08")
    hook.posts.clear()
    hook.will(200)
    project.run("12-15")
    assert told(hook) == [{"ended": ["pm25.skill"]}]


def test_who_was_not_told_that_it_opened_is_not_told_that_it_ended(project, hook):
    hook.will(500)
    project.run("12-01", skill="warn")
    hook.posts.clear()
    hook.will(200)
    project.run("12-08")
    assert hook.posts == []


def test_only_the_channel_that_failed_is_tried_again(hook, mailbox, configured):
    configured(ALERT_WEBHOOK_URL=hook.url)
    project = Project(build_channels(HOST, mailbox.port))
    mailbox.says["MAIL"] = "451 not now"
    assert project.run("12-30", skill="warn")["notified_open"].tolist() == ["webhook"]
    mailbox.says.clear()
    assert project.run("12-31", skill="warn")["notified_open"].tolist() == ["email webhook"]
    assert (len(hook.posts), len(mailbox.letters)) == (1, 1)


@pytest.mark.parametrize("server", ["down", "silent"])
def test_a_mail_server_that_is_down_or_says_nothing_stops_no_run(nobody, silent, configured, server):
    configured()
    port = int(nobody.rpartition(":")[2]) if server == "down" else silent
    project = Project(build_channels(HOST, port))
    assert project.run("12-31", skill="warn", alerts={"timeout_s": 0.05})["notified_open"].tolist() == [""]


def test_a_mistake_in_our_own_words_stops_no_run(project, hook, caplog):
    class Broken:
        def configured(self):
            raise KeyError(TOKEN)

    project.channels = Broken()
    caplog.set_level("INFO", "airwatch")  # the traceback is for the log file, where known secrets are cleaned
    assert len(project.run("12-31", skill="warn")) == 1
    assert "No alert was sent: KeyError. The next run tries again." in caplog.text
    assert TOKEN not in caplog.text


def test_without_a_channel_nothing_is_sent_and_the_log_says_so_once(configured, caplog):
    configured()
    project = Project(build_channels())
    with caplog.at_level("INFO", "airwatch"):
        project.run("12-31", SITE, skill="warn")
    assert caplog.text.count("no channel is configured") == 1


def test_a_walk_through_past_years_follows_incidents_and_tells_nobody(project, hook):
    assert len(project.run("12-30", skill="warn", alerts={"send": False})) == 1
    assert hook.posts == []
    project.run("12-31", skill="warn")
    assert told(hook) == [{"opened": ["pm25.skill"]}]


def test_secrets_are_not_looked_up_while_there_is_nothing_to_tell():
    class Asked:
        def configured(self):
            raise AssertionError("asked")

    assert Project(Asked()).run("12-31").empty


def test_neither_the_log_nor_the_table_holds_the_address_of_a_hook(project, hook, caplog):
    hook.will(500)
    with caplog.at_level("DEBUG"):
        project.run("12-31", skill="warn")
    assert TOKEN not in caplog.text
    assert TOKEN not in project.incidents.to_csv()


def test_a_whole_run_goes_on_without_its_mail_server_and_tells_once_it_is_back(
    whole_run: WholeRun, kedro, mailbox, nobody, configured, tmp_path, monkeypatch
):
    root = tmp_path / "data"
    shutil.copytree(whole_run.root, root)
    configured()
    variables = {"SMTP_HOST": HOST, "SMTP_SECURITY": "none", "EMAIL_FROM": "a@example.org", "EMAIL_TO": "b@example.org"}
    for name, value in variables.items():
        monkeypatch.setenv(f"ALERT_{name}", value)
    for port in (nobody.rpartition(":")[2], mailbox.port):
        monkeypatch.setenv("ALERT_SMTP_PORT", str(port))
        kedro(root)(f"{WHOLE},monitoring.alerts.pause_s=0", "--nodes", "send_alerts,write_index")
    [letter] = mailbox.letters
    assert letter["Subject"].startswith("AirWatch (sandbox) county 99-001, 2022-12-31: ")
    incidents = pd.read_parquet(root / "08_reporting/incidents.parquet")
    assert set(incidents["notified_open"]) == {"email"}
    assert "<td>email</td>" in (root / "08_reporting/index.html").read_text()
