"""The AQS client, against a server on loopback that answers by script."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.areas import Area
from airwatch.sources.aqs import AqsClient, split_by_year
from airwatch.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from airwatch.sources.http import PoliteSession, open_transport
from airwatch.sources.pace import SlidingWindow, Unpaced

LOS_ANGELES = Area("cbsa", "31080")
NO_DATA = "No data matched your selection"
ASKED = "dailyData of PM2.5 for CBSA 31080, 2020"


@pytest.mark.parametrize(
    ("area", "path", "query"),
    [
        (Area("cbsa", "31080"), "byCBSA", {"cbsa": "31080"}),
        (Area("state", "06"), "byState", {"state": "06"}),
        (Area("county", "06037"), "byCounty", {"state": "06", "county": "037"}),
        (Area("site", "06-037-1103"), "bySite", {"state": "06", "county": "037", "site": "1103"}),
        (
            Area("box", "", (24.0, 50.0, -125.0, -66.0)),
            "byBox",
            {"minlat": "24", "maxlat": "50", "minlon": "-125", "maxlon": "-66"},
        ),
    ],
)
@pytest.mark.parametrize("service", ["dailyData", "monitors"])
def test_each_area_is_asked_in_the_way_of_aqs(make_client, server, answer, envelope, service, area, path, query):
    server.script = [answer(envelope(status=NO_DATA))]
    client = make_client()
    question = client.daily_summaries if service == "dailyData" else client.monitors
    question(["88101", "44201"], area, date(2020, 1, 1), date(2020, 6, 30))
    assert server.paths == [f"/data/api/{service}/{path}"]
    common = {"email": "someone@example.org", "key": "thekey", "param": "88101,44201"}
    assert server.queries == [{**common, "bdate": "20200101", "edate": "20200630", **query}]


def test_each_calendar_year_of_data_is_a_request(make_client, server, answer, envelope, daily_row):
    server.script = [
        answer(envelope([daily_row(date_local="2018-12-31")])),
        answer(envelope(status=NO_DATA)),
        answer(envelope([daily_row(date_local="2020-01-01")])),
    ]
    table = make_client().daily_summaries(["88101"], LOS_ANGELES, date(2018, 7, 1), date(2020, 3, 31))
    spans = [(query["bdate"], query["edate"]) for query in server.queries]
    assert spans == [("20180701", "20181231"), ("20190101", "20191231"), ("20200101", "20200331")]
    assert table["date_local"].tolist() == [pd.Timestamp("2018-12-31"), pd.Timestamp("2020-01-01")]


def test_monitors_take_one_request_for_many_years(make_client, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    make_client().monitors(["88101"], LOS_ANGELES, date(2015, 1, 1), date(2020, 12, 31))
    assert [(query["bdate"], query["edate"]) for query in server.queries] == [("20150101", "20201231")]


def test_a_request_names_at_most_five_parameters(make_client, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    codes = ["88101", "88502", "44201", "81102", "42602", "42401", "42101"]
    make_client().daily_summaries(codes, LOS_ANGELES, date(2020, 1, 1), date(2020, 12, 31))
    assert [query["param"] for query in server.queries] == ["88101,88502,44201,81102,42602", "42401,42101"]


def test_changed_since_asks_for_the_window_of_last_changes(make_client, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    make_client().daily_summaries(
        ["88101"], LOS_ANGELES, date(2020, 1, 1), date(2020, 12, 31), changed_since=date(2021, 6, 30)
    )
    assert (server.queries[0]["cbdate"], server.queries[0]["cedate"]) == ("20210630", "20991231")


def test_no_data_is_an_empty_table(ask, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    table = ask()
    assert table.shape == (0, 32)
    assert table["poc"].dtype == "int64"


@pytest.mark.parametrize("status", [200, 400])
def test_refused_credentials_name_their_variables(ask, server, answer, envelope, status, clock):
    refusal = envelope(status="Failed", error=["Email and/or key are invalid."])
    server.script = [answer(refusal, status)]
    with pytest.raises(SourceRefused) as caught:
        ask()
    assert str(caught.value) == (
        f"AQS refused {ASKED}: Email and/or key are invalid. Check EPA_AQS_EMAIL and EPA_AQS_API_KEY in .env;"
        " EPA mails a key to whoever opens https://aqs.epa.gov/data/api/signup?email=YOUR_ADDRESS."
    )
    assert len(server.paths) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (
            400,
            ["bdate: [2020] is not a valid date.", "edate: is before bdate"],
            "not a valid date.; edate: is before",
        ),
        (200, ["more than 1,000,000 rows"], "more than 1,000,000 rows. Correct the area"),
        (400, "one\nreason\tin lines", "one reason in lines. Correct"),
        (422, None, "HTTP 422, no reason given. Correct"),
    ],
)
def test_a_refused_request_gives_epas_reason_in_one_line(ask, server, answer, envelope, status, error, told):
    server.script = [answer(envelope(status="Failed", **({"error": error} if error else {})), status)]
    with pytest.raises(SourceRefused, match="asking again gives the same answer") as caught:
        ask()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("body", [{"message": "Forbidden"}, []])
def test_a_refusal_without_an_envelope_is_a_refusal(ask, server, answer, body):
    server.script = [answer(body if body else "[]", 403)]
    with pytest.raises(SourceRefused, match=r"HTTP 403, no reason given\. Check EPA_AQS_EMAIL"):
        ask()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"rows": []}, "it has no Header with a status"),
        ("[]", "it has no Header with a status"),
        ("7", "it has no Header with a status"),
        ({"Header": [{"status": "API service is up"}], "Data": []}, "its header says 'API service is up'"),
        ({"Header": [{"status": "Success"}]}, "Data is not a list"),
        ({"Header": [{"status": "Success"}], "Data": {"a": 1}}, "Data is not a list"),
    ],
)
def test_a_reply_of_another_shape_says_so(ask, server, answer, body, told):
    server.script = [answer(body)]
    with pytest.raises(SourceChanged) as caught:
        ask()
    assert str(caught.value).startswith(
        f"AQS answered {ASKED} in an unknown shape: {told}. Check that EPA_AQS_BASE_URL"
    )
    assert len(server.paths) == 1


def test_a_row_that_lacks_a_field_names_it(ask, server, answer, envelope, daily_row):
    server.script = [answer(envelope([daily_row(without="arithmetic_mean")]))]
    with pytest.raises(SourceChanged, match="a row lacks the field arithmetic_mean"):
        ask()


FAULTS = {
    "internal error": {"status": 500, "body": {"Header": [{"status": "Failed"}]}},
    "maintenance page": {"status": 503, "body": "<html><body>AQS is down</body></html>"},
    "page under 200": {"status": 200, "body": "<html><body>Please log in</body></html>"},
    "closed connection": {"hang_up": True},
    "too many requests": {"status": 429, "headers": {"Retry-After": "7"}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_leaves_no_trace_in_the_rows(ask, server, answer, envelope, daily_row, fault):
    good = answer(envelope([daily_row()]))
    server.script = [answer(**fault), answer(**fault), good]
    table = ask()
    assert table["arithmetic_mean"].tolist() == [9.1]
    assert len(server.paths) == 3


def test_a_body_cut_off_is_asked_again(ask, server, answer, envelope, daily_row):
    body = envelope([daily_row()] * 50)
    server.script = [answer(body, cut=True), answer(body)]
    assert len(ask()) == 50


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_lasting_fault_is_unavailable_in_one_line(ask, server, answer, fault):
    server.script = [answer(**fault)]
    with pytest.raises(SourceUnavailable, match=rf"^AQS gave no answer for {ASKED}: .* \(10 attempts at 127") as caught:
        ask()
    assert "\n" not in str(caught.value)
    assert len(server.paths) == 10


def test_retry_after_is_waited_for(ask, server, answer, envelope, clock):
    server.script = [answer(status=429, headers={"Retry-After": "7"}), answer(envelope(status=NO_DATA))]
    ask()
    assert clock.slept == [7]


def test_nobody_listening_is_unavailable(ask):
    with pytest.raises(SourceUnavailable, match=r"no connection \(2 attempts at 127\.0\.0\.1:9\)"):
        ask(base_url="http://127.0.0.1:9/data/api", attempts=2)


def test_questions_share_one_connection(make_client, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    make_client().daily_summaries(["88101"], LOS_ANGELES, date(2015, 1, 1), date(2020, 12, 31))
    assert len(server.paths) == 6
    assert len(server.connections) == 1


def test_credentials_are_not_looked_for_before_the_first_request():
    def missing():
        raise LookupError("EPA_AQS_EMAIL is not set")

    session = PoliteSession(Unpaced(), open_transport("http://127.0.0.1:9"))
    with AqsClient(session, "http://127.0.0.1:9", missing) as client, pytest.raises(LookupError):
        client.monitors(["88101"], LOS_ANGELES, date(2020, 1, 1), date(2020, 12, 31))


def test_requests_are_paced_across_clients(server, answer, envelope, tmp_path, clock):
    server.script = [answer(envelope(status=NO_DATA))]
    begun = clock.now
    for _ in range(2):
        pacer = SlidingWindow(tmp_path / "pace.json", 10, clock=clock, sleep=clock.sleep)
        session = PoliteSession(pacer, open_transport(server.base_url), sleep=clock.sleep, clock=clock)
        with AqsClient(session, server.base_url, lambda: ("e", "k")) as client:
            client.daily_summaries(["88101"], LOS_ANGELES, date(2013, 1, 1), date(2020, 12, 31))
    assert len(server.paths) == 16
    assert clock.now - begun == pytest.approx(60.5)


def test_a_base_url_may_end_in_a_slash(ask, server, answer, envelope):
    server.script = [answer(envelope(status=NO_DATA))]
    ask(base_url=server.base_url + "/")
    assert server.paths == ["/data/api/dailyData/byCBSA"]


@pytest.mark.parametrize("service", ["daily_summaries", "monitors"])
@pytest.mark.parametrize(
    ("codes", "last", "told"),
    [([], date(2020, 1, 1), "No parameter code"), (["88101"], date(2019, 12, 31), "lies before")],
)
def test_an_impossible_question_is_not_asked(make_client, server, service, codes, last, told):
    with pytest.raises(ValueError, match=told):
        getattr(make_client(), service)(codes, LOS_ANGELES, date(2020, 1, 1), last)
    assert server.paths == []


DAYS = st.dates(date(1980, 1, 1), date(2100, 12, 31))


@given(DAYS, DAYS)
def test_the_years_of_a_period_cover_it_once(one, other):
    first, last = min(one, other), max(one, other)
    spans = split_by_year(first, last)
    assert (spans[0][0], spans[-1][1]) == (first, last)
    assert all(begin.year == end.year and begin <= end for begin, end in spans)
    gaps = [(after - before).days for (_, before), (after, _) in pairwise(spans)]
    assert gaps == [1] * (len(spans) - 1)


def test_several_requests_make_one_table_sorted_by_the_key(make_client, server, answer, envelope, daily_row):
    server.script = [
        answer(envelope([daily_row(site_number="4008", date_local="2019-12-31")])),
        answer(envelope([daily_row(site_number="1103", date_local="2020-01-01")])),
    ]
    table = make_client().daily_summaries(["88101"], LOS_ANGELES, date(2019, 1, 1), date(2020, 12, 31))
    assert table["site_number"].tolist() == ["1103", "4008"]
    assert table.index.tolist() == [0, 1]
