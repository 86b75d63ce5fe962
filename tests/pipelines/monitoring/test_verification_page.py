from html.parser import HTMLParser

import pandas as pd
import pytest

from airwatch import schemas
from airwatch.pipelines.monitoring.revisions import note_revisions
from airwatch.pipelines.monitoring.verification import verify_chances, verify_forecasts
from airwatch.pipelines.monitoring.verification_page import write_verification
from builders import SITE, build_run
from builders_monitoring import build_area_sites, build_matured, build_monitoring_params, origins

EMPTY = schemas.empty("EpaVerification")


def write(matured, epa=EMPTY, sites=None, **run):
    run, params = build_run(**run), build_monitoring_params()
    sites = build_area_sites(name="North <Main>") if sites is None else sites
    before = note_revisions(schemas.empty("VerifiedObservations"), matured.assign(observed=8.5), sites, run)[0]
    return write_verification(
        verification=verify_forecasts(matured, sites, run, params),
        verified_chances=verify_chances(matured),
        epa_verification=epa,
        revised_observations=note_revisions(before, matured, sites, run)[1],
        matured_forecasts=matured,
        sites=sites,
        run=run,
        params=params,
    )


class Reader(HTMLParser):
    """The tags of a page, and the addresses that it would load."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page():
    return write(build_matured(origins(40)))


def test_the_page_needs_nothing_but_itself(page):
    found = Reader(page)
    assert set(found.addresses) == {"data:,", "./index.html"}
    assert "script" not in found.tags
    assert len(page) < 1e6


def test_the_page_says_what_it_covers_and_that_it_is_simulated(page):
    text = " ".join("".join(Reader(page).text).split())
    assert "PM2.5: 40 forecasts (issued) for 2023-11-22 to 2023-12-31" in text
    assert "Sandbox: simulated data" in text


def test_the_page_says_how_many_forecasts_provisional_values_verified(page):
    assert "provisional" not in page
    newest = write(build_matured(origins(40), provisional=[False] * 37 + [True] * 3))
    told = "40 forecasts (issued) for 2023-11-22 to 2023-12-31, 3 of them verified by provisional values of AirNow"
    assert told in " ".join("".join(Reader(newest).text).split())


def test_the_page_shows_scores_by_lead_season_and_state(page):
    text = "".join(Reader(page).text)
    for told in ("PM2.5, by days ahead", "the last 30 days", "Autumn", "Winter", "California"):
        assert told in text


def test_the_page_draws_the_last_weeks_beside_what_happened_and_has_their_numbers(page):
    drawn = page.partition('id="weeks"')[2].partition("</section>")[0]
    assert drawn.count("<svg") == 1
    assert drawn.count('class="observed"') == 28
    assert drawn.count('<th scope="row" class="day">') == 28


def test_the_page_names_what_was_revised(page):
    revised = " ".join("".join(Reader(page.partition('id="revised"')[2]).text).split())
    assert "40 observations changed after a forecast was first verified with them" in revised
    assert f"{SITE} North <Main>" in revised
    assert "North &lt;Main&gt;" in page


def test_the_page_shows_the_forecasts_of_the_agencies_where_there_are_any(page):
    assert "EPA's agencies" not in page.replace("&#39;", "'")
    row = dict.fromkeys(EMPTY.columns, 1) | {"pollutant": "pm25", "forecaster": "epa"}
    other = write(build_matured(origins(3)), pd.DataFrame([row])).replace("&#39;", "'")
    assert "PM2.5, beside EPA's agencies, AQI" in other


def test_where_nothing_has_matured_the_page_says_so():
    assert "No forecast has matured yet." in write(build_matured([]))


def test_the_rolling_origins_of_training_are_no_last_weeks():
    text = write(build_matured(origins(40), kind="backtest"))
    assert "No forecast of it that was issued has matured yet" in text


def test_of_many_sites_those_with_the_worst_days_are_drawn():
    ids = [f"06-037-{number:04d}" for number in range(15)]
    matured = pd.concat([build_matured(origins(2), site_id=site, observed=float(n)) for n, site in enumerate(ids)])
    drawn = write(matured, sites=build_area_sites(*ids, name="x")).partition('id="weeks"')[2].partition("</section>")[0]
    assert drawn.count("<svg") == 12
    assert ids[2] not in drawn
    assert ids[3] in drawn
