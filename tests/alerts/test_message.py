import json

import pandas as pd
import pytest

from airwatch.alerts.notices import Words
from builders_alerts import build_message, build_notice

TOLD = (
    "PM2.5: skill",
    "CBSA 31080",
    "2023-12-02",
    "found 2023-12-31",
    "0.1 (at least 0.2)",
    "Look into it.",
    "https://airwatch.example.org/index.html",
)


@pytest.mark.parametrize("told", TOLD)
def test_a_message_says_what_where_since_when_how_bad_what_to_do_and_links_to_the_page(told):
    message = build_message()
    assert told in message.text()
    assert told in message.html()
    assert told in json.dumps(message.document()) or told == "found 2023-12-31"


def test_the_subject_names_the_one_incident():
    assert build_message().subject == "AirWatch CBSA 31080, 2023-12-31: opened: PM2.5: skill, CBSA 31080"


def test_the_subject_counts_many():
    subject = build_message(*[build_notice()] * 3, build_notice("ended")).subject
    assert subject == "AirWatch CBSA 31080, 2023-12-31: 3 opened, 1 ended"


@pytest.mark.parametrize("form", ["subject", "text", "html"])
def test_simulated_air_is_marked(form):
    told = getattr(build_message(simulated=True), form)
    assert "sandbox" in (told if form == "subject" else told())


def test_a_person_is_shown_some_and_told_how_many_more():
    message = build_message(*[build_notice(check=f"pm25.{n}") for n in range(25)], most=20)
    assert message.text().count("where:") == 20
    assert "... and 5 more." in message.text()
    assert "… and 5 more." in message.html()


def test_a_machine_gets_all():
    message = build_message(*[build_notice(check=f"pm25.{n}") for n in range(25)], most=20)
    assert len(message.document()["opened"]) == 25


def test_names_are_no_markup():
    notice = build_notice()
    odd = Words("PM2.5 <b>", "06-037-0001 A & B", "")
    html = build_message(type(notice)("opened", notice.incident, odd)).html()
    assert "PM2.5 &lt;b&gt;" in html
    assert "A &amp; B" in html


@pytest.mark.parametrize(("page", "linked"), [("javascript:alert(1)", False), ("http://a.example.org/", True)])
def test_only_an_address_becomes_a_link(page, linked):
    html = build_message(page_url=page).html()
    assert page in html
    assert ("<a href" in html) == linked


def test_without_a_page_nothing_is_linked():
    message = build_message(page_url="")
    assert "All checks" not in message.text() + message.html()
    assert message.document()["page_url"] is None


def test_an_incident_that_ended_says_when_it_was_last_seen_and_asks_for_nothing():
    ended = build_notice("ended", status="ok", closed=pd.Timestamp("2024-01-05"))
    text = build_message(ended).text()
    assert "last seen 2023-12-31" in text
    assert "what to do" not in text


def test_a_document_holds_what_json_knows():
    document = build_message(build_notice(value=float("nan"), limit=float("inf"), since=pd.NaT)).document()
    [told] = document["opened"]
    assert (told["value"], told["limit"], told["since"], told["closed"]) == (None, None, "2023-12-31", None)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_id_is_that_of_the_content():
    same, other = build_message(), build_message(build_notice(value=0.11))
    assert build_message().document()["id"] == same.document()["id"] != other.document()["id"]
