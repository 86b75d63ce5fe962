from contextlib import contextmanager
from datetime import date
from math import ceil
from shutil import copytree

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.archive import Archive, RawArchiveDataset, RawIndexDataset
from airwatch.pipelines.ingestion import create_pipeline
from airwatch.pipelines.ingestion.monitors import tidy_monitors
from airwatch.pipelines.ingestion.nodes import NoDataError, fetch_daily, fetch_monitors, monitors_folder
from airwatch.pipelines.ingestion.params import IngestionParams
from airwatch.pipelines.ingestion.tidy import tidy_summaries
from airwatch.sandbox.server import serve
from airwatch.sandbox.world import World
from airwatch.services import EpaServices
from builders import build_run

HARBOR = {"site": "99-001-0001"}  # PM2.5, ozone and the weather, each by one monitor
NEAR_HARBOR = {f"99-001-{number}" for number in ("0001", "0002", "0005", "0007", "0010")}  # within 10 km of it
PARAMS = IngestionParams(recheck_days=30, max_slice_rows=250_000, meteorology=("temperature",))


class CountingClient:
    """Notes each request, and how many replies were stored when it was made."""

    def __init__(self, client, stored, asked):
        self.client, self.stored, self.asked = client, stored, asked

    def daily_summaries(self, codes, area, first, last, changed_since=None):
        self.asked.append((*codes, str(first), str(last), changed_since and str(changed_since), len(self.stored())))
        return self.client.daily_summaries(codes, area, first, last, changed_since=changed_since)

    def monitors(self, codes, area, first, last):
        self.asked.append((area.kind, *codes))
        return self.client.monitors(codes, area, first, last)


class CountingServices:
    """The services of a run, with an eye on its requests."""

    def __init__(self, services, stored, asked):
        self.services, self.stored, self.asked = services, stored, asked

    @contextmanager
    def open(self, run):
        with self.services.open(run) as client:
            yield CountingClient(client, self.stored, self.asked)


@pytest.fixture(scope="module")
def base_url():
    with serve(World(20)) as url:
        yield url


class Place:
    """A data root and EPA's services, whose sandbox server counts as EPA."""

    def __init__(self, root, base_url):
        self.root = root
        self.daily = RawArchiveDataset(path=str(root / "raw"))
        self.asked = []
        services = EpaServices(base_url, str(root / "pace"), lambda: ("a@example.org", "key"))
        self.services = CountingServices(services, self.stored, self.asked)

    def stored(self):
        return [reply for reply in self.index().replies() if reply.kind != "monitors"]

    def index(self) -> Archive:
        return self.daily.load()

    def monitors(self, run):
        for reply in fetch_monitors(self.services, self.index(), run, PARAMS):
            self.daily.save(reply)
        return tidy_monitors(self.index(), run)

    def fetch(self, run, answers=None, params=PARAMS):
        """Store the replies of a run, or the first ``answers`` of them before it dies; give what it asked for."""
        monitors = self.monitors(run)
        self.asked.clear()
        replies = fetch_daily(self.services, self.index(), monitors, run, params)
        for _ in range(100 if answers is None else answers):
            reply = next(replies, None)
            if reply is None:
                break
            self.daily.save(reply)
        replies.close()
        return list(self.asked)

    def summaries(self, run):
        return tidy_summaries(self.index(), tidy_monitors(self.index(), run), run, PARAMS).read()


@pytest.fixture
def place(tmp_path, base_url):
    return Place(tmp_path, base_url)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, base_url):
    """A place where a run has stored all it asks for, and what it asked; not to be changed."""
    found = Place(tmp_path_factory.mktemp("undisturbed"), base_url)
    found.fetch(run_of())
    return found


@pytest.fixture
def filled(tmp_path, base_url, undisturbed):
    """Such a place to do as one likes with."""
    copytree(undisturbed.root, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, base_url)


def run_of(as_of="2022-02-10", source="aqs", **changed):
    given = {"area": HARBOR, "first_year": 2021, "requests_per_minute": 100_000, **changed}
    return build_run(source=source, as_of=as_of, **given)


def test_fetch_daily_stores_each_reply_before_it_asks_for_the_next(place):
    assert place.fetch(run_of()) == [
        ("88101", "2021-01-01", "2021-12-31", None, 0),
        ("62101", "2021-01-01", "2021-12-31", None, 1),
        ("88101", "2022-01-01", "2022-02-10", None, 2),
        ("62101", "2022-01-01", "2022-02-10", None, 3),
    ]


def test_the_observations_of_the_sandbox_come_whole_and_typed(undisturbed):
    found = schemas.DailySummaries.validate(undisturbed.summaries(run_of()))
    assert set(found["pollutant"]) == {"pm25", "temperature"}
    assert found["date_local"].agg(["min", "max"]).dt.strftime("%Y-%m-%d").tolist() == ["2021-01-01", "2022-02-10"]


def test_fetch_daily_asks_nothing_the_second_time(filled):
    assert filled.fetch(run_of()) == []


def test_fetch_monitors_asks_nothing_the_second_time(place):
    place.monitors(run_of())
    place.monitors(run_of())
    assert place.asked == [("site", "88101")]


@pytest.mark.parametrize(("as_of", "times"), [("2022-03-11", 1), ("2022-03-12", 2), ("2021-06-30", 1)])
def test_fetch_monitors_asks_again_after_thirty_days_and_not_going_back(place, as_of, times):
    place.monitors(run_of())  # 2022-02-10 + 30 days is 2022-03-12
    place.monitors(run_of(as_of))
    assert len(place.asked) == times


@pytest.mark.parametrize("changed", [{"first_year": 2020}, {"pollutants": ("pm25", "ozone")}])
def test_fetch_monitors_asks_again_for_earlier_years_and_for_other_pollutants(place, changed):
    place.monitors(run_of())
    place.monitors(run_of(**changed))
    assert len(place.asked) == 2


def test_fetch_monitors_lists_those_of_more_pollutants_than_one_request_takes(place):
    listed = place.monitors(run_of(pollutants=("pm25", "ozone", "pm10", "no2", "so2", "co")))
    assert set(listed["pollutant"]) == {"pm25", "ozone", "pm10", "no2", "co"}  # nobody measures SO2 here


@pytest.mark.parametrize("answers", [0, 1, 3])
def test_a_run_that_died_is_taken_up_where_it_stopped(place, undisturbed, answers):
    asked = place.fetch(run_of(), answers)
    asked += place.fetch(run_of())
    assert [question[:3] for question in asked] == [question[:3] for question in undisturbed.asked]
    assert_frame_equal(place.summaries(run_of()), undisturbed.summaries(run_of()))


def test_a_year_that_died_between_its_spans_is_taken_up_after_the_last_stored_day(place, tmp_path, base_url):
    # One monitor gives at most ten rows a day: 365 days are four spans of at most 100.
    spans = PARAMS.model_copy(update={"max_slice_rows": 1000, "meteorology": ()})
    year = run_of("2021-12-31")
    place.fetch(year, answers=2, params=spans)
    asked = place.fetch(year, params=spans)
    assert [question[1:3] for question in asked] == [("2021-07-02", "2021-09-30"), ("2021-10-01", "2021-12-31")]
    undisturbed = Place(tmp_path / "undisturbed", base_url)
    undisturbed.fetch(year)
    of_pm25 = undisturbed.summaries(year).query("pollutant == 'pm25'").reset_index(drop=True)
    assert_frame_equal(place.summaries(year), of_pm25, check_categorical=False)


def test_a_year_later_only_what_is_new_or_revised_comes_over_the_wire(filled, tmp_path, base_url):
    asked = filled.fetch(run_of("2022-08-10"))
    assert [question[:4] for question in asked] == [
        ("88101", "2021-01-01", "2021-12-31", "2022-02-10"),
        ("62101", "2021-01-01", "2021-12-31", "2022-02-10"),
        ("88101", "2022-01-01", "2022-02-10", "2022-02-10"),
        ("88101", "2022-02-10", "2022-08-10", None),
        ("62101", "2022-01-01", "2022-02-10", "2022-02-10"),
        ("62101", "2022-02-10", "2022-08-10", None),
    ]
    at_once = Place(tmp_path / "at_once", base_url)
    at_once.fetch(run_of("2022-08-10"))
    assert_frame_equal(filled.summaries(run_of("2022-08-10")), at_once.summaries(run_of("2022-08-10")))


def test_nothing_later_than_as_of_is_read_from_what_is_stored(filled, tmp_path, base_url):
    earlier = run_of("2021-06-30")
    assert filled.fetch(earlier) == []
    alone = Place(tmp_path / "alone", base_url)
    alone.fetch(earlier)
    assert_frame_equal(filled.summaries(earlier), alone.summaries(earlier))


def test_epa_and_the_sandbox_do_not_share_what_is_stored(filled):
    assert len(filled.fetch(run_of(source="sandbox"))) == 4


def test_the_sandbox_served_in_the_place_of_epa_is_still_the_sandbox(undisturbed):
    assert set(undisturbed.summaries(run_of(source="aqs"))["source"]) == {"sandbox"}


def test_the_same_seed_is_the_same_air_and_another_seed_is_not(filled):
    same, other = run_of(source="sandbox", seed=20), run_of(source="sandbox", seed=21)
    filled.fetch(same)
    filled.fetch(other)
    values = [filled.summaries(run)["arithmetic_mean"].tolist() for run in (run_of(source="aqs"), same, other)]
    assert values[0] == values[1]
    assert values[1] != values[2]


def test_a_neighbourhood_brings_sites_around_the_area(place):
    # Within 10 km of Sandbox Harbor stand the sites 0002, 0005, 0007 and 0010 of its county, and others in the box.
    run = run_of("2021-01-31", neighbourhood_km=10)
    place.fetch(run)
    assert set(place.summaries(run)["site_id"]) >= NEAR_HARBOR


def test_fetch_monitors_lists_those_of_the_neighbourhood_too(place):
    listed = schemas.Monitors.validate(place.monitors(run_of(neighbourhood_km=10)))
    assert place.asked == [("site", "88101"), ("box", "88101")]
    assert set(listed["site_id"]) >= NEAR_HARBOR
    assert set(listed.loc[listed["in_area"], "site_id"]) == {"99-001-0001"}
    assert not listed.duplicated(["site_id", "pollutant", "poc"]).any()


def test_fetch_monitors_asks_nothing_of_the_neighbourhood_the_second_time(place):
    place.monitors(run_of(neighbourhood_km=10))
    place.asked.clear()
    place.monitors(run_of(neighbourhood_km=10))
    assert place.asked == []


def test_fetch_monitors_asks_for_the_box_alone_where_the_area_is_known(place):
    assert place.monitors(run_of())["in_area"].all()
    place.asked.clear()
    place.monitors(run_of(neighbourhood_km=10))
    assert place.asked == [("box", "88101")]


def test_fetch_monitors_asks_for_no_neighbourhood_of_monitors_that_opened_later(place):
    # Sandbox New Homes opens on 2025-04-01; a run of that year has left its list.
    new_homes = {"area": {"site": "99-003-0015"}, "first_year": 2024}
    place.monitors(run_of("2025-06-30", **new_homes))
    place.asked.clear()
    assert place.monitors(run_of("2025-03-31", neighbourhood_km=10, **new_homes)).empty
    assert place.asked == []


def test_fetch_monitors_asks_for_both_lists_again_after_thirty_days(place):
    place.monitors(run_of(neighbourhood_km=10))
    place.asked.clear()
    place.monitors(run_of("2022-03-12", neighbourhood_km=10))
    assert [question[0] for question in place.asked] == ["site", "box"]


def test_a_neighbourhood_is_split_by_the_monitors_of_its_box(place):
    # The days of January are 310 rows of Sandbox Harbor's one monitor, but more than 1000 of the box.
    few = PARAMS.model_copy(update={"max_slice_rows": 1000, "meteorology": ()})
    assert len(place.fetch(run_of("2021-01-31"), params=few)) == 1
    run = run_of("2021-01-31", neighbourhood_km=10)
    monitors = len(place.monitors(run))
    assert len(place.fetch(run, params=few)) == ceil(31 / (1000 // (10 * monitors)))
    assert place.fetch(run, params=few) == []


def test_an_area_without_monitors_is_named_and_nothing_is_kept(place):
    nowhere = run_of(area={"county": "99777"})
    with pytest.raises(NoDataError, match="no monitor of pm25 in county 99-777 between 2021 and 2022-02-10"):
        place.fetch(nowhere)
    assert place.index().replies() == []


def test_an_area_whose_monitors_opened_later_is_named_and_no_day_is_asked_for(place):
    # Sandbox New Homes opens on 2025-04-01; a run of that year has left its list.
    new_homes = {"area": {"site": "99-003-0015"}, "first_year": 2024}
    place.fetch(run_of("2025-06-30", **new_homes))
    place.asked.clear()
    with pytest.raises(NoDataError, match="no monitor of pm25 in site 99-003-0015 between 2024 and 2025-03-31"):
        place.fetch(run_of("2025-03-31", **new_homes))
    assert place.asked == []


def test_a_year_without_data_is_stored_as_empty_and_not_asked_for_again(place):
    # Sandbox New Homes opens on 2025-04-01; there is no weather station.
    run = run_of("2025-06-30", area={"site": "99-003-0015"}, first_year=2024)
    place.fetch(run)
    assert place.fetch(run) == []
    assert place.summaries(run)["date_local"].min() >= pd.Timestamp("2025-04-01")


@pytest.mark.parametrize("seed", [20, 21])
def test_lists_of_monitors_are_kept_apart_by_source_area_and_pollutants(seed):
    run = run_of(source="sandbox", seed=seed, pollutants=("pm25", "ozone"))
    assert monitors_folder(run, run.area) == f"sandbox-{seed}/monitors/site-99-001-0001/ozone+pm25"


def test_the_pipeline_stores_each_reply_before_it_asks_for_the_next(place, tmp_path):
    raw = str(tmp_path / "raw")
    catalog = DataCatalog(
        {
            "epa_services": MemoryDataset(place.services, copy_mode="assign"),
            "params:run": MemoryDataset(run_of(), copy_mode="assign"),
            "params:ingestion": MemoryDataset(PARAMS, copy_mode="assign"),
            "raw_aqs_index": RawIndexDataset(path=raw),
            "raw_aqs_daily": RawArchiveDataset(path=raw),
            "raw_aqs_monitors": RawArchiveDataset(path=raw),
        }
    )
    outputs = SequentialRunner().run(create_pipeline().to_outputs("daily_summaries"), catalog)
    assert [question[-1] for question in place.asked[1:]] == [0, 1, 2, 3]
    assert outputs["daily_summaries"].load().newest.date() == date(2022, 2, 10)
