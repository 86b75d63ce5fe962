"""Receivers of alerts: real SMTP servers, a server that takes POSTs, and one that never says a word."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"
USER, PASSWORD = "airwatch", "canary-mail+4721"  # the one login that these servers know


@dataclass
class Mailbox:
    """A mail server's letters, and what it says: ``says["RCPT"] = "550 no such user"`` to that command.

    A list is said in turn, the last of it for ever; an empty text means what it says of itself.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    says: dict[str, str | list[str]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def forget(self) -> None:
        for kept in (self.letters, self.recipients, self.says, self.commands):
            kept.clear()

    def answer(self, command: str, usual: str) -> str:
        self.commands.append(command)
        told = self.says.get(command, "")
        if isinstance(told, list):
            told = told.pop(0) if len(told) > 1 else told[0]
        return told or usual

    async def handle_MAIL(self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answer("MAIL", "250 OK")

    async def handle_RCPT(self, _: Any, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        told = self.answer(f"RCPT {address}", "") or self.answer("RCPT", "250 OK")
        if told.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return told

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:
        told = self.answer("DATA", "250 OK")
        if told.startswith("250"):
            self.letters.append(message_from_bytes(envelope.original_content, policy=policy.default))
            self.recipients.append(envelope.rcpt_tos)
        return told

    async def handle_QUIT(self, *_: Any) -> str:
        return self.answer("QUIT", "221 Bye")

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=known)


class OnFreePort(Controller):
    """A server that listens on a port that was free."""

    def _create_server(self) -> Any:
        listening = socket.create_server((HOST, 0))
        self.port = self.handler.port = listening.getsockname()[1]
        return asyncio.get_event_loop().create_server(
            self._factory_invoker, sock=listening, ssl=self.ssl_context, start_serving=True
        )


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    server = OnFreePort(box, hostname=HOST, ready_timeout=10, server_hostname="mail.example.org", **options)
    server.start()
    yield box
    server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and the certificate of 127.0.0.1 that is signed with it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(kept + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def mail_servers(certificate: Path) -> Iterator[dict[str, Mailbox]]:
    """Three servers: in the clear; one that wants STARTTLS and a login; one that speaks TLS from the first byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    login = {"auth_required": True, "auth_require_tls": True, "tls_context": context, "require_starttls": True}
    with (
        mail_server() as none,
        mail_server(**login, authenticator=Mailbox().authenticate) as starttls,
        mail_server(ssl_context=context) as tls,
    ):
        yield {"none": none, "starttls": starttls, "tls": tls}


@pytest.fixture
def mailboxes(mail_servers: dict[str, Mailbox]) -> dict[str, Mailbox]:
    """The three servers without a letter, each as it behaves of itself."""
    for box in mail_servers.values():
        box.forget()
    return mail_servers


@pytest.fixture
def mailbox(mailboxes: dict[str, Mailbox]) -> Mailbox:
    """The server in the clear."""
    return mailboxes["none"]


@dataclass
class Hook:
    """A server that takes POSTs: what came, and what it answers in turn, the last of it for ever."""

    url: str = ""
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    posts: list[tuple[str, Message, bytes]] = field(default_factory=list)

    def will(self, *answers: int | tuple[int, bytes, dict[str, str]]) -> None:
        self.answers = [(each, b"ok", {}) if isinstance(each, int) else each for each in answers]

    def next_answer(self) -> tuple[int, bytes, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="session")
def hook_server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.posts.append((self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            status, body, headers = hook.next_answer()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    hook.url = f"http://{HOST}:{server.server_address[1]}"
    yield hook
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(hook_server: Hook) -> Hook:
    """The server of POSTs, which has got none and takes any."""
    hook_server.posts.clear()
    hook_server.will(200)
    return hook_server


@pytest.fixture(scope="session")
def silent() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server((HOST, 0), backlog=50) as listening:
        yield int(listening.getsockname()[1])


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``configured(ALERT_SMTP_HOST="...")``: these variables of alerts, and no other one."""
    names = ("ALERT_SMTP_PASSWORD", "ALERT_SLACK_WEBHOOK_URL", "ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET")

    def configure(**variables: str) -> None:
        for name in names:
            monkeypatch.setenv(name, variables.get(name, ""))

    return configure
