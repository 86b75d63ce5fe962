import logging
import socket

import pytest

from airwatch.alerts.channel import AlertFailed
from airwatch.alerts.mail import Mail
from alerts_on_loopback import HOST, PASSWORD, USER
from builders_alerts import build_message, build_notice

DESK, DUTY = "desk@example.org", "duty@example.org"


def mail(port, **settings):
    given = {"security": "none", "sender": "AirWatch <airwatch@example.org>", "recipients": f"Desk <{DESK}>, {DUTY}"}
    return Mail(**{"host": HOST, "port": str(port), **given, **settings})


def send(channel, message=None, timeout_s=5.0):
    channel.send(message or build_message(), timeout_s)


def refusal(channel, **named):
    with pytest.raises(AlertFailed) as failed:
        send(channel, **named)
    return failed.value


@pytest.fixture
def trusted(certificate, monkeypatch):
    """The certificate of the servers is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def test_a_letter_arrives_with_a_text_and_a_page(mailbox):
    message = build_message()
    send(mail(mailbox.port), message)
    [letter] = mailbox.letters
    assert mailbox.recipients == [[DESK, DUTY]]
    assert letter["Subject"] == message.subject
    assert letter["From"] == "AirWatch <airwatch@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_body(("plain",)).get_content().splitlines() == message.text().splitlines()
    assert letter.get_body(("html",)).get_content().splitlines() == message.html().splitlines()


def test_letters_hold_what_is_not_ascii(mailbox):
    message = build_message(build_notice(action="Ozone at Cañón: 80 µg/m³"))
    send(mail(mailbox.port), message)
    assert "Cañón: 80 µg/m³" in mailbox.letters[0].get_body(("plain",)).get_content()


def test_a_letter_that_is_sent_twice_has_one_id(mailbox):
    send(mail(mailbox.port))
    send(mail(mailbox.port))
    one, two = (letter["Message-ID"] for letter in mailbox.letters)
    assert one == two
    assert one.endswith("@example.org>")


@pytest.mark.parametrize(("security", "login"), [("starttls", {"user": USER, "password": PASSWORD}), ("tls", {})])
def test_a_letter_goes_over_tls(mailboxes, trusted, security, login):
    box = mailboxes[security]
    send(mail(box.port, security=security, **login))
    assert len(box.letters) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_signed_is_not_trusted(mailboxes, security):
    box = mailboxes[security]
    error = refusal(mail(box.port, security=security))
    assert str(error).startswith(f"no trusted connection (TLS) to {HOST}:{box.port}")
    assert not error.passing
    assert box.letters == []


def test_a_wrong_password_is_told_by_the_variables_and_not_tried_again(mailboxes, trusted):
    error = refusal(mail(mailboxes["starttls"].port, security="starttls", user=USER, password="canary-wrong"))
    assert "refused the login (535): check ALERT_SMTP_USER and ALERT_SMTP_PASSWORD" in str(error)
    assert "canary" not in str(error)
    assert not error.passing


def test_a_server_that_wants_a_login_is_told_by_the_variables(mailboxes, trusted):
    error = refusal(mail(mailboxes["starttls"].port, security="starttls"))
    assert "530" in str(error)
    assert "ALERT_SMTP_USER" in str(error)


def test_a_server_without_starttls_is_told_so_and_gets_no_password(mailbox):
    error = refusal(mail(mailbox.port, security="starttls", user=USER, password=PASSWORD))
    assert "offers no STARTTLS" in str(error)
    assert "ALERT_SMTP_SECURITY" in str(error)


def test_a_server_that_speaks_no_tls_is_told_so(mailbox):
    assert "TLS" in str(refusal(mail(mailbox.port, security="tls")))


@pytest.mark.parametrize(
    ("command", "reply", "variable", "passing"),
    [
        ("RCPT", "550 no such user", "ALERT_EMAIL_TO", False),
        ("RCPT", "451 come back later", "ALERT_EMAIL_TO", True),
        ("MAIL", "553 not from you", "ALERT_EMAIL_FROM", False),
        ("DATA", "452 no room", "ALERT_EMAIL_FROM", True),
        ("DATA", "554 looks like spam", "ALERT_EMAIL_FROM", False),
    ],
)
def test_what_a_server_refuses_is_told_in_its_words(mailbox, command, reply, variable, passing):
    mailbox.says[command] = reply
    error = refusal(mail(mailbox.port))
    assert reply in str(error)
    assert variable in str(error)
    assert error.passing == passing


def test_one_refused_recipient_keeps_the_letter_from_nobody_else(mailbox, caplog):
    mailbox.says[f"RCPT {DUTY}"] = "550 no such user"
    with caplog.at_level(logging.WARNING, "airwatch"):
        send(mail(mailbox.port))
    assert mailbox.recipients == [[DESK]]
    assert "refused 1 of the recipients (550 no such user): check ALERT_EMAIL_TO" in caplog.text


def test_a_letter_that_was_taken_is_sent_whatever_the_server_says_at_the_end(mailbox):
    mailbox.says["QUIT"] = "421 I am tired"
    send(mail(mailbox.port))
    assert len(mailbox.letters) == 1


def test_a_server_that_is_down_is_one_to_try_again(nobody):
    error = refusal(mail(nobody.rpartition(":")[2]))
    assert "no connection to 127.0.0.1" in str(error)
    assert "ALERT_SMTP_HOST" in str(error)
    assert error.passing


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_says_nothing_is_not_waited_for(silent, security):
    error = refusal(mail(silent, security=security), timeout_s=0.1)
    assert f"{HOST}:{silent} gave no reply within 0.1 s" in str(error)
    assert error.passing


def test_a_name_that_nobody_knows_is_told(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no server is known as mail.example.invalid:25" in str(refusal(mail(25, host="mail.example.invalid")))


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"port": "smtp"}, "ALERT_SMTP_PORT"),
        ({"port": "0"}, "ALERT_SMTP_PORT"),
        ({"port": "65536"}, "ALERT_SMTP_PORT"),
        ({"security": "ssl"}, "ALERT_SMTP_SECURITY"),
        ({"recipients": ""}, "ALERT_EMAIL_TO"),
        ({"sender": ""}, "ALERT_EMAIL_FROM"),
        ({"user": USER}, "ALERT_SMTP_PASSWORD"),
        ({"user": USER, "password": PASSWORD}, "ALERT_SMTP_PASSWORD is not sent in the clear"),
    ],
)
def test_settings_that_cannot_be_are_told_by_their_variable(mailbox, settings, variable):
    error = refusal(mail(**{"port": mailbox.port, **settings}))
    assert variable in str(error)
    assert PASSWORD not in str(error)
    assert mailbox.commands == []


def test_a_password_is_not_shown_with_the_channel():
    assert PASSWORD not in repr(mail(25, password=PASSWORD))
