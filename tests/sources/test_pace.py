"""Pacing, on a clock that sleeping moves."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.sources.pace import SlidingWindow, Unpaced

MINUTE_S = 60.0


class Traveller:
    """A process that makes requests, and the server's record of when they arrived."""

    def __init__(self, file, clock, per_minute):
        self.file, self.clock, self.per_minute = file, clock, per_minute
        self.arrivals = []
        self.killed = []
        self.restart()

    def restart(self):
        self.pacer = SlidingWindow(self.file, self.per_minute, clock=self.clock, sleep=self.clock.sleep)

    def request(self, travel_s=0.0, reply_s=0.0):
        with self.pacer.slot():
            self.arrivals.append(self.clock.now + travel_s)
            self.clock.now += travel_s + reply_s

    def request_and_die(self, travel_s):
        slot = self.pacer.slot()
        slot.__enter__()
        self.killed.append(slot)  # kept, for a collected generator would run its ``finally``
        self.arrivals.append(self.clock.now + travel_s)
        self.restart()

    @property
    def fullest_minute(self):
        return max(sum(start <= other <= start + MINUTE_S for other in self.arrivals) for start in self.arrivals)


@pytest.fixture
def traveller(tmp_path, clock):
    return lambda per_minute: Traveller(tmp_path / "state" / "pace.json", clock, per_minute)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reply", "restart", "killed"]),
        st.floats(0, 14),  # on its way to the server; connecting ends after 10 s
        st.floats(0, 40),  # until the reply is here
        st.floats(0, 40),  # until the next request
    ),
    min_size=1,
    max_size=25,
)


@given(per_minute=st.integers(1, 5), steps=STEPS)
def test_no_minute_of_the_server_holds_more_requests_than_allowed(per_minute, steps):
    class Clock:
        now = 1_700_000_000.0

        def __call__(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    with tempfile.TemporaryDirectory() as folder:
        traveller = Traveller(Path(folder) / "pace.json", Clock(), per_minute)
        for what, travel_s, reply_s, rest_s in steps:
            if what == "killed":
                traveller.request_and_die(travel_s)
            else:
                traveller.request(travel_s, reply_s)
            if what == "restart":
                traveller.restart()
            traveller.clock.now += rest_s
        assert traveller.fullest_minute <= per_minute


def test_requests_go_at_once_until_the_minute_is_full(traveller, clock):
    process = traveller(10)
    for _ in range(10):
        process.request()
    assert clock.slept == []
    process.request()
    assert sum(clock.slept) == pytest.approx(60.5)


def test_pacing_keeps_the_throughput_of_n_a_minute(traveller, clock):
    process, begun = traveller(10), clock.now
    for _ in range(101):
        process.request(travel_s=0.05, reply_s=0.05)
    assert clock.now - begun < 10 * 62  # the 101st waits for ten full minutes


def test_a_second_process_goes_on_counting(traveller, clock):
    process = traveller(10)
    for _ in range(10):
        process.request()
    process.restart()
    process.request()
    assert clock.now - process.arrivals[0] > MINUTE_S


def test_slow_replies_free_their_slot_a_minute_after_they_came(traveller, clock):
    process = traveller(1)
    process.request(travel_s=0, reply_s=120)
    replied = clock.now
    process.request()
    assert process.arrivals[1] - replied == pytest.approx(60.5)


def test_a_request_that_fails_counts(traveller, clock):
    process = traveller(1)
    with pytest.raises(ConnectionError), process.pacer.slot():
        raise ConnectionError
    process.request()
    assert sum(clock.slept) == pytest.approx(60.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"latest_arrivals": null}',
        '{"latest_arrivals": ["x"]}',
        '{"latest_arrivals": [NaN]}',
    ],
)
def test_a_corrupt_record_costs_one_full_minute_and_no_more(traveller, clock, text):
    process = traveller(3)
    process.file.parent.mkdir()
    process.file.write_text(text)
    for _ in range(3):
        process.request()
    assert sum(clock.slept) == pytest.approx(60.5)


def test_bytes_that_are_no_text_cost_one_full_minute(traveller, clock):
    process = traveller(3)
    process.file.parent.mkdir()
    process.file.write_bytes(b"\xff\xfe\x00")
    process.request()
    assert sum(clock.slept) == pytest.approx(60.5)


@pytest.mark.parametrize("back_s", [1.0, 30.0, 3600.0, 400 * 86400.0])
def test_a_clock_that_was_set_back_delays_by_little_more_than_a_minute(traveller, clock, back_s):
    process = traveller(2)
    process.request()
    process.request()
    clock.now -= back_s
    process.restart()
    process.request()
    assert sum(clock.slept) <= 60.5 + 15.0 + 0.01


def test_a_lower_limit_counts_the_requests_made_under_a_higher_one(traveller, clock):
    fast = traveller(10)
    for _ in range(10):
        fast.request()
        clock.now += 1
    slow = traveller(2)
    slow.request()
    assert slow.arrivals[0] - fast.arrivals[8] > MINUTE_S  # only the last of the ten is left in its minute


def test_no_request_goes_when_the_record_cannot_be_written(tmp_path, clock):
    (tmp_path / "pace.json.new").mkdir()
    pacer = SlidingWindow(tmp_path / "pace.json", 10, clock=clock, sleep=clock.sleep)
    with pytest.raises(IsADirectoryError), pacer.slot():
        pytest.fail("the request went")


def test_nothing_is_written_before_the_first_request(tmp_path, clock):
    SlidingWindow(tmp_path / "state" / "pace.json", 10, clock=clock, sleep=clock.sleep)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("per_minute", [0, -1])
def test_a_limit_below_one_is_refused(tmp_path, per_minute):
    with pytest.raises(ValueError, match="requests_per_minute is"):
        SlidingWindow(tmp_path / "pace.json", per_minute)


def test_unpaced_never_waits():
    assert isinstance(Unpaced().slot(), nullcontext)
