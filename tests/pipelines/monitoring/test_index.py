"""The index of the reports: what it shows, that it needs nothing but itself, and that its links lead somewhere."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.alerts.incidents import as_table
from airwatch.listing import FolderDataset, StoredFile
from airwatch.pipelines.monitoring.index import MOST_OPEN, write_index
from builders import SITE, build_run
from builders_alerts import build_incident
from builders_monitoring import build_area_sites, build_skill
from whole_runs import WholeRun

MOST_BYTES = 10e6
WRITTEN = datetime(2023, 12, 31, 6, 5, tzinfo=UTC)


class Page(HTMLParser):
    """What a page links to and loads, and its words."""

    def __init__(self, html):
        super().__init__()
        self.links, self.loads, self.tags, self.words = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(named["href"])
        else:
            self.loads += [named[name] for name in ("src", "href", "data", "srcset") if name in named]

    def handle_data(self, data):
        self.words.append(data.strip())

    @property
    def text(self):
        return " ".join(filter(None, self.words))


def summary(**checks):
    """``monitoring_summary``: ``summary(pm25_skill="warn")``, of which the gravest is the decision."""
    given = {"pm25.freshness": "ok", **{name.replace("_", ".", 1): status for name, status in checks.items()}}
    gravest = max(given.values(), key=["ok", "warn", "retrain"].index)
    rows = [
        {"check": name, "status": status, "value": 0.1, "limit": 0.2, "action": "" if status == "ok" else "Do <this>."}
        for name, status in {"decision": gravest, **given}.items()
    ]
    return pd.DataFrame(rows).assign(since=pd.Timestamp("2023-12-02"))


def written(checks=None, incidents=(), verification=None, files=(), **run):
    run = build_run(**run)
    return write_index(
        monitoring_summary=summary() if checks is None else checks,
        incidents=as_table(incidents, schemas.empty("Incidents"), run),
        verification=build_skill([]) if verification is None else verification,
        sites=build_area_sites(name="North & Main"),
        report_files=list(files),
        run=run,
    )


def test_the_page_says_that_all_is_well():
    page = Page(written())
    assert "✓ OK" in page.text
    assert "Every check is within its limit." in page.text
    assert "None is open." in page.text
    assert "No forecast has matured yet." in page.text


@pytest.mark.parametrize(("status", "words"), [("warn", "! Warning"), ("retrain", "↻ Train again")])
def test_the_decision_is_told_in_words_with_the_checks_that_it_comes_from(status, words):
    page = Page(written(summary(pm25_skill=status)))
    assert f"Decision {words} PM2.5: skill against persistence since 2023-12-02" in page.text


def test_a_check_shows_its_value_beside_its_limit_and_what_to_do():
    assert (
        "skill against persistence ! Warning +0.10 (at least +0.20) 2023-12-02 Do <this>."
        in Page(written(summary(pm25_skill="warn"))).text
    )


def test_the_gravest_check_of_a_pollutant_comes_first():
    text = Page(written(summary(pm25_coverage="warn", pm25_skill="retrain", pm25_bias="ok"))).text
    checks = text.partition("Checks")[2]
    places = [checks.index(name) for name in ("skill against", "observations within", "age of", "bias, as")]
    assert places[0] < places[1] < min(places[2:])


def test_open_incidents_show_where_since_when_and_who_was_told():
    at_site = build_incident(check="pm25.stuck", site_id=SITE, notified_open="email slack")
    text = Page(written(incidents=[at_site, build_incident()])).text
    assert "2 open" in text
    assert f"PM2.5: the same value again and again {SITE} North & Main ! Warning 2023-12-02 found 2023-12-31" in text
    assert "email, slack" in text
    assert "nobody" in text


def test_an_incident_that_is_away_is_shown_as_quiet():
    assert "quiet since 2023-12-31" in Page(written(incidents=[build_incident(status="ok")])).text


def test_ended_incidents_are_listed_the_last_first():
    days = pd.to_datetime(["2023-12-01", "2023-12-08"])
    over = [build_incident(status="ok", opened=day, last_seen=day, closed=day) for day in days]
    text = Page(written(incidents=over)).text.partition("2 ended")[2]
    assert text.index("2023-12-08") < text.index("2023-12-01")


def test_incidents_of_other_air_are_left_out():
    assert "None is open." in Page(written(incidents=[replace(build_incident(), area="county-99001")])).text


def test_the_page_of_an_earlier_day_does_not_know_what_was_found_later():
    followed = as_table([build_incident()], schemas.empty("Incidents"), build_run(as_of="2023-12-31"))
    html = write_index(summary(), followed, build_skill([]), build_area_sites(), [], build_run(as_of="2023-06-30"))
    text = Page(html).text
    assert "followed to 2023-12-31" in text
    assert "1 open" not in text


def test_skill_is_drawn_and_told_in_numbers():
    page = Page(written(verification=build_skill([0.1, 0.3])))
    assert "svg" in page.tags
    assert "+0.30 (+0.20 to +0.40)" in page.text


def test_pages_are_linked_with_their_dates_and_sizes_and_tables_apart():
    files = [
        StoredFile("drift_report.html", 4_321_000, WRITTEN),
        StoredFile("model_cards/pm25.md", 9_100, WRITTEN),
        StoredFile("verification.parquet", 512, None),
        StoredFile("index.html", 1, WRITTEN),
    ]
    page = Page(written(files=files))
    assert page.links == ["./drift_report.html", "./model_cards/pm25.md", "./verification.parquet"]
    assert "Drift: features against the same weeks of earlier years 2023-12-31 06:05 · 4.3 MB" in page.text
    assert "Model card: PM2.5 2023-12-31 06:05 · 9 kB" in page.text
    assert "Tables and documents (1)" in page.text
    assert "512 B" in page.text


@pytest.mark.parametrize("name", ["a b#c?.html", "javascript:alert(1).html", "50 %.html"])
def test_whatever_its_name_a_page_is_linked_beside_the_index(name):
    [link] = Page(written(files=[StoredFile(name, 1, WRITTEN)])).links
    assert link.startswith("./")
    assert unquote(link) == f"./{name}"
    assert not set("#?") & set(link)


def test_the_page_needs_nothing_but_itself():
    page = Page(written(summary(pm25_skill="warn"), [build_incident()], build_skill([0.1])))
    assert page.loads == ["data:,"]
    assert not {"script", "iframe", "img", "object"} & set(page.tags)


def test_simulated_air_is_marked():
    assert "Sandbox: simulated data" in Page(written()).text
    assert "(sandbox: simulated data)" in written().partition("</title>")[0]


def test_a_thousand_incidents_make_no_large_page():
    many = [build_incident(check="pm25.stuck", site_id=f"06-037-{number:04d}") for number in range(1000)]
    html = written(incidents=many)
    assert len(html.encode()) < 500_000
    assert f"The first {MOST_OPEN} are shown" in html


def test_after_a_run_every_page_is_small_and_every_link_of_the_index_leads_somewhere(whole_run: WholeRun):
    folder = whole_run.root / "08_reporting"
    pages = list(folder.rglob("*.html"))
    assert {"index.html", "drift_report.html", "regression_report.html"} <= {page.name for page in pages}
    assert [page.name for page in pages if page.stat().st_size >= MOST_BYTES] == []
    index = Page((folder / "index.html").read_text())
    assert [link for link in index.links if not (folder / unquote(link)).is_file()] == []
    listed = {file.name for file in FolderDataset(path=str(folder)).load()} - {"index.html"}
    assert {str(Path(unquote(link))) for link in index.links} == listed
