import pytest

from airwatch.pipelines.monitoring.page import plain_page, with_header


def test_with_header_puts_title_and_notes_before_the_body():
    page = with_header("<html><head></head><body><p>x</p></body></html>", "A & B", ["less < more"])
    assert "<title>A &amp; B</title>" in page
    assert page.index("<h1>A &amp; B</h1>") < page.index("<li>less &lt; more</li>") < page.index("<p>x</p>")


def test_with_header_refuses_what_is_no_page():
    with pytest.raises(ValueError, match="no <body>"):
        with_header("{}", "title", [])


def test_plain_page_holds_the_notes():
    assert "<li>nothing</li>" in plain_page("title", ["nothing"])
