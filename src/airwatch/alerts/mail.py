"""Alerts by e-mail: one letter in text and HTML, handed to an SMTP server."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, parseaddr

from airwatch.alerts.channel import AlertFailed
from airwatch.alerts.message import Message
from airwatch.sources.redaction import cleaned

logger = logging.getLogger(__name__)

SECURITY = ("starttls", "tls", "none")
LONGEST_REPLY = 100  # characters of what a server says
CHECK_SERVER = "check ALERT_SMTP_HOST and ALERT_SMTP_PORT"
CHECK_LOGIN = "check ALERT_SMTP_USER and ALERT_SMTP_PASSWORD"
AUTHENTICATION_REQUIRED = 530


@dataclass(frozen=True, slots=True)
class Mail:
    """An SMTP server and who writes to whom; all are texts as they were configured.

    Attributes:
        host: The server.
        port: Its port: 587 for ``starttls``, 465 for ``tls``, 25 for a relay of one's own.
        security: ``starttls``, ``tls`` from the first byte, or ``none``.
        user: Who logs in; empty: nobody.
        password: Of the user.
        sender: The address that it is from.
        recipients: Addresses, separated by commas.
    """

    host: str
    port: str
    security: str
    sender: str
    recipients: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What ``incidents`` calls it."""
        return "email"

    def send(self, message: Message, timeout_s: float) -> None:
        """Hand the letter to the server.

        Raises:
            AlertFailed: The configuration cannot be, or the server did not take it.
        """
        port = self._checked_port()
        letter = self.letter(message)
        where = f"{self.host}:{port}"
        try:
            server = self._connected(port, timeout_s)
            try:
                refused = server.send_message(letter, self._from, self._to)
            finally:  # once it is taken, a server that says no good-bye changes nothing
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
                server.close()
        except (OSError, smtplib.SMTPException) as error:  # smtplib's are OSErrors, but for what it does not know
            raise _failed(error, where, timeout_s) from None
        if refused:  # the others have it: to try again would write to them twice
            logger.warning("An alert by email: %s", _some_refused(refused, where))

    def letter(self, message: Message) -> EmailMessage:
        """The letter; the same message has the same id, by which mail programs show one that came twice once."""
        letter = EmailMessage()
        letter["Subject"] = message.subject
        letter["From"] = self.sender
        letter["To"] = self.recipients
        letter["Date"] = formatdate(localtime=True)
        letter["Message-ID"] = f"<{message.document()['id']}@{self._from.rpartition('@')[2] or 'airwatch'}>"
        letter["Auto-Submitted"] = "auto-generated"  # nobody's holiday notice answers it
        letter.set_content(message.text())
        letter.add_alternative(message.html(), subtype="html")
        return letter

    @property
    def _from(self) -> str:
        return parseaddr(self.sender)[1]

    @property
    def _to(self) -> list[str]:
        return [address for _, address in getaddresses([self.recipients]) if address]

    def _checked_port(self) -> int:
        """The port, where all settings can be."""
        if not self.port.isdecimal() or not 0 < int(self.port) < 2**16:
            raise AlertFailed(f"ALERT_SMTP_PORT is {self.port!r}: write a number such as 587")
        if self.security not in SECURITY:
            raise AlertFailed(f"ALERT_SMTP_SECURITY is {self.security!r}: write one of {', '.join(SECURITY)}")
        if not self._to or not self._from:
            missing = "ALERT_EMAIL_TO" if self._from else "ALERT_EMAIL_FROM"
            raise AlertFailed(f"{missing} holds no address: write one such as someone@example.org")
        if self.user and not self.password:
            raise AlertFailed("ALERT_SMTP_USER is set and ALERT_SMTP_PASSWORD is not: set both or neither")
        if self.user and self.security == "none":
            raise AlertFailed(
                "ALERT_SMTP_PASSWORD is not sent in the clear: set ALERT_SMTP_SECURITY to starttls or tls"
            )
        return int(self.port)

    def _connected(self, port: int, timeout_s: float) -> smtplib.SMTP:
        """The server, ready to take a letter."""
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, port, timeout=timeout_s, context=context)
        else:
            server = smtplib.SMTP(self.host, port, timeout=timeout_s)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _failed(error: Exception, where: str, timeout_s: float) -> AlertFailed:
    """The error in words. A server may quote what it was told, so that its own words on a login are left out."""
    if isinstance(error.__context__, TimeoutError):  # smtplib calls a wait that was too long a closed connection
        error = error.__context__
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return AlertFailed(f"{where} refused the login ({code}): {CHECK_LOGIN}", passing=_is_passing(code))
        case smtplib.SMTPNotSupportedError():
            told = f"{where} offers no STARTTLS, no login, or no such address"
            return AlertFailed(f"{told}: check ALERT_SMTP_SECURITY, ALERT_SMTP_USER and the addresses")
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            return _some_refused(refused, where)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=reply):
            remedy = CHECK_LOGIN if code == AUTHENTICATION_REQUIRED else "check ALERT_EMAIL_FROM"
            told = f"{where} refused it ({code} {_reply(reply)}): {remedy}"
            return AlertFailed(told, passing=_is_passing(code))
        case ssl.SSLError():
            told = f"no trusted connection (TLS) to {where}"
            return AlertFailed(f"{told}: check ALERT_SMTP_SECURITY and the server's certificate")
        case socket.gaierror():
            return AlertFailed(f"no server is known as {where}: {CHECK_SERVER}", passing=True)
        case TimeoutError():
            return AlertFailed(f"{where} gave no reply within {timeout_s:g} s: {CHECK_SERVER}", passing=True)
    return AlertFailed(f"no connection to {where}, or it was dropped: {CHECK_SERVER}", passing=True)


def _some_refused(refused: Mapping[str, tuple[int, bytes]], where: str) -> AlertFailed:
    """Recipients that the server does not take."""
    code, reply = next(iter(refused.values()))
    told = f"{where} refused {len(refused)} of the recipients ({code} {_reply(reply)}): check ALERT_EMAIL_TO"
    return AlertFailed(told, passing=all(_is_passing(code) for code, _ in refused.values()))


def _is_passing(code: int) -> bool:
    """Whether a reply of SMTP is of the kind that means: try again (RFC 5321, 4.2.1)."""
    return code // 100 == 4


def _reply(told: bytes | str) -> str:
    """What a server said, on one line."""
    text = told.decode(errors="replace") if isinstance(told, bytes) else told
    return cleaned(" ".join(text.split()))[:LONGEST_REPLY]
