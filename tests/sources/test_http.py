"""The polite session: what it retries, how long it waits, when and how it gives up."""

from __future__ import annotations

import json

import pytest
import requests

from airwatch.sources.errors import SourceRefused, SourceUnavailable
from airwatch.sources.http import PoliteSession, Request, open_transport
from airwatch.sources.pace import Unpaced

READ_TIMEOUT = requests.exceptions.ReadTimeout("https://aqs/?key=thekey")


class ScriptedTransport:
    """Raises or returns what the script says, the last entry for ever."""

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def get(self, url, **options):
        self.asked.append((url, options))
        item = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(item, Exception):
            raise item
        return item

    def close(self):
        self.asked.append("closed")


def reply(body="{}", status=200, **headers):
    response = requests.Response()
    response.status_code = status
    response._content = body.encode()
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


REQUEST = Request(
    source="AQS",
    asked="dailyData of PM2.5 for CBSA 31080, 2020",
    url="https://aqs.epa.gov/data/api/dailyData/byCBSA",
    params={"param": "88101"},
    secrets={"key": "thekey"},
)


@pytest.fixture
def get(clock):
    """Asks one question of a scripted transport; gives the decoded answer."""

    def run(*script, **options):
        run.transport = ScriptedTransport(*script)
        session = PoliteSession(Unpaced(), run.transport, sleep=clock.sleep, clock=clock, **options)
        return session.get(REQUEST, json.loads)

    return run


@pytest.mark.parametrize(
    "trouble",
    [
        READ_TIMEOUT,
        requests.exceptions.ConnectTimeout(),
        requests.exceptions.ConnectionError("Connection aborted."),
        requests.exceptions.ChunkedEncodingError("IncompleteRead"),
        requests.exceptions.SSLError("EOF occurred"),
        ConnectionResetError("reset by peer"),
        TimeoutError(),
        reply("<html>down</html>", 503),
        reply("<html>a portal</html>", 200),
        reply('{"Header": [{"status"', 200),
        reply("", 200),
        reply('{"Header": []}', 500),
        reply("{}", 429),
        reply("{}", 408),
        reply("no", 599),
    ],
)
def test_get_retries_what_waiting_can_mend(get, trouble):
    assert get(trouble, trouble, reply('{"a": 1}')) == (200, {"a": 1})
    assert len(get.transport.asked) == 3


@pytest.mark.parametrize(("status", "body"), [(200, "{}"), (400, '{"Header": []}'), (422, "{}")])
def test_get_takes_a_readable_reply_as_it_is(get, status, body):
    assert get(reply(body, status)) == (status, json.loads(body))
    assert len(get.transport.asked) == 1


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ('"Doña Ana"'.encode(), "Doña Ana"),
        ('\ufeff"Doña Ana"'.encode(), "Doña Ana"),
        (b'\xef\xbb\xbf"Dona Ana"', "Dona Ana"),
        ('"Doña Ana"'.encode("latin-1"), "Do\ufffda Ana"),
    ],
    ids=["utf-8", "byte order mark", "byte order mark on ascii", "latin-1"],
)
def test_a_body_is_handed_on_in_sound_utf_8(get, body, read):
    answer = reply()
    answer._content = body
    assert get(answer) == (200, read)


@pytest.mark.parametrize(
    "refusal",
    [
        reply("<html>not here</html>", 404),
        reply("", 302, Location="https://elsewhere.example/?key=thekey"),
        reply("<html>no</html>", 400),
        requests.exceptions.InvalidURL("https://aqs/?key=thekey"),
        requests.exceptions.InvalidSchema("ftp://aqs/?key=thekey"),
    ],
)
def test_get_does_not_repeat_what_waiting_cannot_mend(get, clock, refusal):
    with pytest.raises(SourceRefused, match=r"for CBSA 31080, 2020: .* from aqs.epa.gov\. Check that the base URL"):
        get(refusal)
    assert len(get.transport.asked) == 1
    assert clock.slept == []


def test_pauses_double_from_one_second_up_to_the_longest(get, clock):
    with pytest.raises(SourceUnavailable):
        get(reply("", 500))
    assert clock.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_giving_up_says_what_was_asked_what_came_and_what_to_do(get):
    with pytest.raises(SourceUnavailable) as caught:
        get(reply("", 503))
    assert str(caught.value) == (
        "AQS gave no answer for dailyData of PM2.5 for CBSA 31080, 2020: HTTP 503 Service Unavailable"
        " (10 attempts at aqs.epa.gov). Run again later; what has arrived is kept."
    )


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (READ_TIMEOUT, "no reply within 600 s"),
        (requests.exceptions.ConnectTimeout(), "no connection within 10 s"),
        (requests.exceptions.SSLError(), "no trusted connection"),
        (requests.exceptions.ConnectionError(), "the connection was dropped"),
        (reply("<html>"), "an HTML page instead of JSON"),
        (reply('{"Header"'), "cut short or no JSON"),
        (reply("", 599), "HTTP 599"),
    ],
)
def test_giving_up_names_the_last_trouble(get, trouble, words):
    with pytest.raises(SourceUnavailable, match=words):
        get(reply("", 500), trouble, attempts=2)


def test_the_last_attempt_counts(get):
    assert get(*[reply("", 500)] * 9, reply("{}")) == (200, {})


def test_retry_after_in_seconds_is_honoured(get, clock):
    get(reply("", 429, Retry_After="37"), reply("{}"))
    assert clock.slept == [37]


def test_retry_after_shorter_than_the_own_pause_does_not_shorten_it(get, clock):
    get(*[reply("", 429, Retry_After="1")] * 3, reply("{}"))
    assert clock.slept == [1, 2, 4]


def test_retry_after_as_a_date_is_read_by_the_servers_own_clock(get, clock):
    dates = {"Date": "Fri, 31 Jan 2020 12:00:00 GMT", "Retry_After": "Fri, 31 Jan 2020 12:01:30 GMT"}
    get(reply("", 503, **dates), reply("{}"))
    assert clock.slept == [90]


@pytest.mark.parametrize("value", ["soon", "-5", "Fri, 31 Jan 2020 12:01:30 GMT"])
def test_retry_after_without_meaning_leaves_the_own_pause(get, clock, value):
    get(reply("", 503, Retry_After=value), reply("{}"))
    assert clock.slept == [1]


@pytest.mark.parametrize(("seconds", "requests_made"), [("900", 2), ("901", 1)])
def test_a_pause_of_more_than_a_quarter_of_an_hour_is_not_waited_for(get, seconds, requests_made):
    script = [reply("", 429, Retry_After=seconds), reply("", 429, Retry_After="90000")]
    with pytest.raises(SourceUnavailable, match=r"with a pause of \d+ minutes\. Run again after that\."):
        get(*script)
    assert len(get.transport.asked) == requests_made


def test_a_server_that_never_answers_is_given_up_after_the_patience(get, clock):
    class Silent(ScriptedTransport):
        def get(self, url, **options):
            clock.now += options["timeout"][1]
            return super().get(url, **options)

    silent = Silent(READ_TIMEOUT)
    session = PoliteSession(Unpaced(), silent, sleep=clock.sleep, clock=clock)
    with pytest.raises(SourceUnavailable, match="3 attempts"):
        session.get(REQUEST, json.loads)
    assert len(silent.asked) == 3


def test_every_attempt_passes_the_pacer(clock):
    slots = []

    class CountingPacer(Unpaced):
        def slot(self):
            slots.append(clock.now)
            return super().slot()

    session = PoliteSession(
        CountingPacer(),
        ScriptedTransport(reply("", 500), READ_TIMEOUT, reply("{}")),
        sleep=clock.sleep,
        clock=clock,
    )
    session.get(REQUEST, json.loads)
    assert len(slots) == 3


def test_get_follows_no_redirection_and_waits_long_for_a_reply(get):
    get(reply("{}"))
    url, options = get.transport.asked[0]
    assert url == REQUEST.url
    assert options["allow_redirects"] is False
    assert options["timeout"] == (10.0, 600.0)
    assert options["params"] == {"key": "thekey", "param": "88101"}


def test_an_interruption_is_not_swallowed(clock):
    class Interrupted(ScriptedTransport):
        def get(self, url, **options):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PoliteSession(Unpaced(), Interrupted(), sleep=clock.sleep, clock=clock).get(REQUEST, json.loads)
    assert clock.slept == []


def test_close_closes_the_transport():
    transport = ScriptedTransport()
    PoliteSession(Unpaced(), transport).close()
    assert transport.asked == ["closed"]


def test_a_body_with_a_byte_order_mark_or_bytes_that_are_no_text_is_read(get):
    marked = reply()
    marked._content = b'\xef\xbb\xbf{"city": "Ca\xf1on"}'
    assert get(marked) == (200, {"city": "Ca�on"})


@pytest.mark.parametrize(
    ("base_url", "uses_proxy"),
    [
        ("https://aqs.epa.gov/data/api", True),
        ("http://127.0.0.1:8099/data/api", False),
        ("http://localhost:8099/data/api", False),
        ("http://[::1]:8099/data/api", False),
        ("http://10.0.0.5/data/api", True),
    ],
)
def test_open_transport_goes_past_proxies_on_loopback_only(base_url, uses_proxy):
    assert open_transport(base_url).trust_env is uses_proxy


@pytest.mark.parametrize(
    "base_url", ["", "aqs.epa.gov/data/api", "ftp://aqs.epa.gov", "http://", "http://[bad", "https:///x"]
)
def test_open_transport_refuses_what_is_no_address(base_url):
    with pytest.raises(SourceRefused, match="is no base URL"):
        open_transport(base_url)


def test_an_address_that_is_none_is_told_without_its_password():
    with pytest.raises(SourceRefused, match=r"^'ftp://aqs\.epa\.gov' is no base URL"):
        open_transport("ftp://me:canary@aqs.epa.gov")
