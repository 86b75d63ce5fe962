import pytest
from kedro.io.core import DatasetError

from airwatch.alerts import AlertChannelsDataset
from airwatch.alerts.mail import Mail
from airwatch.alerts.slack import Slack
from airwatch.alerts.webhook import Webhook
from airwatch.commands.project import Project
from builders_alerts import build_channels

HOOK = "https://hooks.example.org/services/T0/B0/canary"


def of_the_project(**variables):
    with pytest.MonkeyPatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        return Project.opened().catalog("alert_channels").load("alert_channels").configured()


def test_nothing_is_configured_where_no_variable_is_set(configured):
    configured()
    assert build_channels().configured() == {}


def test_the_variables_of_the_project_make_its_channels(configured):
    configured(ALERT_SMTP_PASSWORD="a", ALERT_SLACK_WEBHOOK_URL=HOOK, ALERT_WEBHOOK_URL=HOOK, ALERT_WEBHOOK_SECRET="b")
    found = of_the_project(
        ALERT_SMTP_HOST="mail.example.org",
        ALERT_SMTP_PORT="465",
        ALERT_SMTP_SECURITY="tls",
        ALERT_SMTP_USER="u",
        ALERT_EMAIL_FROM="airwatch@example.org",
        ALERT_EMAIL_TO="desk@example.org,duty@example.org",
    )
    addresses = {"sender": "airwatch@example.org", "recipients": "desk@example.org,duty@example.org"}
    assert found == {
        "email": Mail("mail.example.org", "465", "tls", **addresses, user="u", password="a"),
        "slack": Slack(HOOK),
        "webhook": Webhook(HOOK, "b"),
    }


def test_e_mail_speaks_starttls_on_port_587_unless_told_otherwise(configured):
    configured()
    mail = of_the_project(ALERT_SMTP_HOST="mail.example.org")["email"]
    assert (mail.port, mail.security) == ("587", "starttls")


def test_a_vault_that_cannot_be_asked_leaves_the_channels_that_are_known(configured, nobody, monkeypatch, caplog):
    configured()
    for name, value in {"ENDPOINT_URL": nobody, "DEFAULT_REGION": "us-east-1", "MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("airwatch.secrets.ATTEMPTS", 1)
    channels = build_channels("mail.example.org")
    channels._credentials = {"slack_url": "secret:airwatch/prod:ALERT_SLACK_WEBHOOK_URL"}
    assert list(channels.configured()) == ["email"]
    assert "Alerts: ALERT_SLACK_WEBHOOK_URL is not set" in caplog.text


def test_a_misspelt_setting_is_told_before_anything_runs():
    with pytest.raises(DatasetError, match=r"The settings of email are host, port.*given: hots"):
        AlertChannelsDataset(email={"hots": ""}, credentials={})
