from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.domain.areas import Area
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.plan import Question, plan_questions
from builders import build_run

AREA = Area.from_mapping({"cbsa": "31080"})
PARAMS = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=())
MARCH = "2022-03-10"


def plan(stored=(), as_of=MARCH, monitors=None, params=PARAMS, area=AREA, **run):
    given = {"source": "aqs", "area": AREA, "first_year": 2021, "as_of": as_of, **run}
    return plan_questions(stored, area, monitors or {"pm25": 1}, build_run(**given), params)


def answered(questions, as_of=MARCH, **newest):
    """The replies to questions: each with data to its last day, unless ``newest`` says otherwise."""
    day = date.fromisoformat(as_of)
    return [question.reply(day, newest.get("newest", question.last)) for question in questions]


def spans(questions):
    """First and last day of each question, and since when it asks for changes, as text."""
    return [(str(q.first), str(q.last), q.changed_since and str(q.changed_since)) for q in questions]


def test_plan_questions_asks_for_every_slice_where_nothing_is_stored():
    weather = PARAMS.model_copy(update={"meteorology": ("temperature", "pressure")})
    assert plan(params=weather) == [
        Question("aqs/pm25/cbsa-31080/2021", ("88101",), date(2021, 1, 1), date(2021, 12, 31)),
        Question("aqs/meteorology/cbsa-31080/2021", ("62101", "64101"), date(2021, 1, 1), date(2021, 12, 31)),
        Question("aqs/pm25/cbsa-31080/2022", ("88101",), date(2022, 1, 1), date(2022, 3, 10)),
        Question("aqs/meteorology/cbsa-31080/2022", ("62101", "64101"), date(2022, 1, 1), date(2022, 3, 10)),
    ]


def test_plan_questions_asks_for_each_pollutant_by_itself():
    assert [q.codes for q in plan(pollutants=("pm25", "ozone"), first_year=2022)] == [("88101",), ("44201",)]


def test_plan_questions_asks_nothing_of_what_is_stored():
    assert plan(answered(plan())) == []


@pytest.mark.parametrize(
    "other",
    [{"source": "sandbox"}, {"area": Area.from_mapping({"cbsa": "41860"})}, {"pollutants": ("ozone",)}],
)
def test_plan_questions_does_not_take_one_source_area_or_pollutant_for_another(other):
    assert len(plan(answered(plan()), **other)) == 2


def test_plan_questions_does_not_take_one_simulated_region_for_another():
    stored = answered(plan(source="sandbox", seed=20))
    assert len(plan(stored, source="sandbox", seed=21)) == 2


def test_plan_questions_a_year_later_asks_for_revisions_and_for_the_days_since():
    later = plan(answered(plan()), as_of="2023-03-10")
    assert spans(later) == [
        ("2021-01-01", "2021-12-31", MARCH),
        ("2022-01-01", "2022-03-10", MARCH),
        ("2022-03-10", "2022-12-31", None),
        ("2023-01-01", "2023-03-10", None),
    ]


@pytest.mark.parametrize(("as_of", "asked"), [("2022-04-08", 0), ("2022-04-09", 2)])
def test_plan_questions_looks_for_revisions_from_the_thirtieth_day_on(as_of, asked):
    # 2022-03-10 + 29 days is 2022-04-08.
    later = plan(answered(plan()), as_of=as_of)
    assert sum(q.changed_since is not None for q in later) == asked


def test_plan_questions_counts_the_thirty_days_from_the_last_look_at_revisions():
    stored = answered(plan())
    april = answered(plan(stored, as_of="2022-04-09"), as_of="2022-04-09")
    assert spans(plan([*stored, *april], as_of="2022-05-09")) == [
        ("2021-01-01", "2021-12-31", "2022-04-09"),
        ("2022-01-01", "2022-04-09", "2022-04-09"),
        ("2022-04-09", "2022-05-09", None),
    ]


def test_plan_questions_looks_for_revisions_since_the_oldest_of_the_replies():
    # Two runs a day apart: what changed between them is missing in the first reply alone.
    stored = answered(plan(first_year=2022))
    stored += answered(plan(stored, first_year=2022, as_of="2022-03-11"), as_of="2022-03-11")
    later = plan(stored, first_year=2022, as_of="2022-04-09")
    assert spans(later)[0] == ("2022-01-01", "2022-03-11", MARCH)


def test_plan_questions_asks_the_next_day_from_the_newest_day_that_came():
    late = answered(plan(first_year=2022), newest=date(2022, 1, 15))
    assert spans(plan(late, first_year=2022, as_of="2022-03-11")) == [("2022-01-15", "2022-03-11", None)]


def test_plan_questions_asks_from_the_first_of_january_where_nothing_came():
    late = answered(plan(first_year=2022), newest=None)
    assert spans(plan(late, first_year=2022, as_of="2022-03-11")) == [("2022-01-01", "2022-03-11", None)]


def test_plan_questions_asks_again_from_a_hole_in_what_is_stored():
    few = PARAMS.model_copy(update={"max_slice_rows": 1000})
    first, _, *rest = answered(plan(as_of="2021-12-31", params=few), as_of="2021-12-31")
    assert (str(first.last), len(rest)) == ("2021-04-01", 2)
    assert spans(plan([first, *rest], as_of="2021-12-31")) == [("2021-04-02", "2021-12-31", None)]


def test_plan_questions_does_not_take_revisions_of_days_for_the_days():
    changes = [replace(question, changed_since=date(2022, 1, 1)) for question in plan()]
    assert plan(answered(changes)) == plan()


@pytest.mark.parametrize("as_of", ["2021-12-31", "2021-06-30", "2022-03-09"])
def test_plan_questions_asks_nothing_going_back_in_time(as_of):
    assert plan(answered(plan()), as_of=as_of) == []


def test_plan_questions_goes_further_back_for_an_earlier_first_year_alone():
    earlier = plan(answered(plan()), first_year=2020)
    assert spans(earlier) == [("2020-01-01", "2020-12-31", None)]


@pytest.mark.parametrize(("most", "requests"), [(3650, 1), (3649, 2), (1000, 4)])
def test_plan_questions_splits_a_year_above_the_limit_into_as_few_spans_as_hold_it(most, requests):
    # One monitor gives at most ten rows a day: 3650 in 2021, and 100 days are 1000.
    few = PARAMS.model_copy(update={"max_slice_rows": most})
    assert len(plan(as_of="2021-12-31", params=few)) == requests


def test_plan_questions_asks_for_the_monitors_of_the_country_19_days_at_a_time():
    # 1300 monitors give 13,000 rows a day: 19 days are 247,000 rows and 20 above the limit; 365 / 19 = 19.2.
    country = plan(as_of="2021-12-31", monitors={"pm25": 1300})
    days = [(q.last - q.first).days + 1 for q in country]
    assert (len(days), min(days), max(days)) == (20, 18, 19)


def test_plan_questions_splits_into_spans_of_equal_days():
    # 1000 monitors give 10,000 rows a day: 25 days each at most, and 236 days are ten spans of 23.6.
    late = answered(plan(as_of="2021-05-20"), as_of="2021-05-20", newest=date(2021, 5, 10))
    found = spans(plan(late, as_of="2021-12-31", monitors={"pm25": 1000}))[1:]
    assert found[:2] == [("2021-05-10", "2021-06-01", None), ("2021-06-02", "2021-06-25", None)]
    assert (len(found), found[-1]) == (10, ("2021-12-08", "2021-12-31", None))


def test_plan_questions_asks_for_single_days_where_one_is_above_the_limit():
    asked = plan(as_of="2022-01-03", monitors={"pm25": 30_000}, first_year=2022)
    assert spans(asked) == [(f"2022-01-0{day}", f"2022-01-0{day}", None) for day in (1, 2, 3)]


def test_plan_questions_does_not_split_where_nobody_measures():
    assert len(plan(monitors={"ozone": 1300})) == 2


@pytest.mark.parametrize(
    ("as_of", "start"),
    [
        ("2022-06-30", "2022-02-20"),  # the same run: after the span that it stored
        ("2022-07-01", "2022-02-15"),  # a later one: from the newest day that came
    ],
)
def test_plan_questions_takes_up_a_run_that_died_among_days_asked_for_before(as_of, start):
    # In March data came to January 31; the run of June 30 then died after the days to February 19.
    march = answered(plan(first_year=2022), newest=date(2022, 1, 31))
    [asked] = [q for q in plan(march, first_year=2022, as_of="2022-06-30") if q.changed_since is None]
    assert asked.first == date(2022, 1, 31)
    span = replace(asked, last=date(2022, 2, 19))
    stored = [*march, *answered([span], as_of="2022-06-30", newest=date(2022, 2, 15))]
    assert [q.first for q in plan(stored, first_year=2022, as_of=as_of) if q.changed_since is None] == [
        date.fromisoformat(start)
    ]


def test_plan_questions_does_not_split_revisions():
    later = plan(answered(plan()), as_of="2022-12-31", monitors={"pm25": 1000})
    assert spans(later)[:2] == [("2021-01-01", "2021-12-31", MARCH), ("2022-01-01", "2022-03-10", MARCH)]


class Run:
    """Runs one after another: each plans, and stores the answers that it lives to see."""

    def __init__(self, lag_days, monitors):
        self.lag, self.monitors = timedelta(days=lag_days), {"pm25": monitors}
        self.stored = []

    def plan(self, as_of):
        return plan(self.stored, as_of=str(as_of), monitors=self.monitors)

    def store(self, as_of, until=None):
        for question in self.plan(as_of)[:until]:
            newest = min(question.last, as_of - self.lag)
            self.stored.append(question.reply(as_of, newest if newest >= question.first else None))

    def days_asked_for(self):
        whole = [reply for reply in self.stored if reply.kind == "days"]
        return {reply.first + timedelta(days=n) for reply in whole for n in range((reply.last - reply.first).days + 1)}


DAYS = st.dates(date(2021, 1, 1), date(2024, 12, 31))


MONITORS = st.sampled_from([1, 100, 1300, 30_000])


@given(as_of=DAYS, monitors=st.integers(0, 40_000), most=st.integers(1000, 1_000_000))
def test_no_question_for_days_is_above_the_limit_unless_it_is_one_day_and_none_is_asked_twice(as_of, monitors, most):
    params = PARAMS.model_copy(update={"max_slice_rows": most})
    questions = plan(as_of=str(as_of), monitors={"pm25": monitors}, params=params)
    lengths = [(q.last - q.first).days + 1 for q in questions]
    assert all(days == 1 or days * 10 * monitors <= most for days in lengths)
    asked = [q.first + timedelta(days=n) for q, days in zip(questions, lengths, strict=True) for n in range(days)]
    assert asked == [date(2021, 1, 1) + timedelta(days=n) for n in range((as_of - date(2021, 1, 1)).days + 1)]


@given(as_of=DAYS, deaths=st.lists(st.integers(0, 5), max_size=4), lag_days=st.integers(0, 300), monitors=MONITORS)
def test_a_run_that_dies_and_is_started_again_asks_for_every_day_once(as_of, deaths, lag_days, monitors):
    runs = Run(lag_days, monitors)
    for answers in [*deaths, None]:
        runs.store(as_of, until=answers)
    asked = [r.first + timedelta(days=n) for r in runs.stored for n in range((r.last - r.first).days + 1)]
    assert sorted(asked) == [date(2021, 1, 1) + timedelta(days=n) for n in range((as_of - date(2021, 1, 1)).days + 1)]


@given(
    died=st.lists(st.tuples(DAYS, st.integers(0, 5)), max_size=4),
    as_of=DAYS,
    lag_days=st.integers(0, 300),
    monitors=MONITORS,
)
def test_what_was_answered_is_not_asked_again_and_no_day_is_left_out(died, as_of, lag_days, monitors):
    runs = Run(lag_days, monitors)
    for day, answers in died:
        runs.store(day, until=answers)
    runs.store(as_of)
    assert runs.plan(as_of) == []
    history = {date(2021, 1, 1) + timedelta(days=n) for n in range((as_of - date(2021, 1, 1)).days + 1)}
    assert history <= runs.days_asked_for()


@given(first=DAYS, second=DAYS, lag_days=st.integers(1, 300))
def test_every_day_of_the_year_that_had_not_come_is_asked_for_again(first, second, lag_days):
    runs = Run(lag_days, 1)
    runs.store(first)
    asked = [q for q in runs.plan(second) if q.changed_since is None and q.last == second]
    late = max(date(second.year, 1, 1), first - timedelta(days=lag_days) + timedelta(days=1))
    assert second <= first or asked[0].first <= late


@given(as_of=DAYS)
def test_no_question_reaches_beyond_a_calendar_year_or_as_of(as_of):
    questions = plan(as_of=str(as_of), monitors={"pm25": 100})
    assert all(q.first <= q.last <= as_of and q.first.year == q.last.year for q in questions)


def test_a_reply_carries_the_kind_of_its_question():
    question = plan()[0]
    changes = replace(question, changed_since=date(2022, 3, 10))
    kinds = [q.reply(date(2022, 4, 9), None).kind for q in (question, changes)]
    assert kinds == ["days", "changes"]
