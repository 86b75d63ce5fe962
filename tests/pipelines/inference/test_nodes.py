import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from airwatch import schemas
from airwatch.ledger import LedgerDataset
from airwatch.model_registry import RegisteredForecaster
from airwatch.pipelines.inference.nodes import ModelRefusedError, issue_forecasts, join_forecasts
from airwatch.pipelines.inference.params import InferenceParams
from airwatch.scope import OtherScopeError, mark
from builders import build_feature_params
from builders_monitoring import build_area_sites, build_forecasts
from builders_training import SITES, build_history, examples_of, features_of, forecaster, train, training_run

HISTORY = build_history()


def inference_params(**given):
    return InferenceParams(**{"stale_after_days": 7, "issue_hour_utc": 6, "reasons": "none"} | given)


PARAMS = inference_params()


class Shelf:
    """Holds one forecaster, as champion and as version 3."""

    name = "airwatch-pm25"

    def __init__(self, held, **tags):
        self.held, self.tags = held, tags

    def load(self, wanted="champion"):
        return RegisteredForecaster(self.held, "3", self.tags) if self.held and wanted in ("champion", "3") else None


def issue(history=HISTORY, sites=None, model=None, params=PARAMS, pollutant="pm25", **run):
    settled = training_run(**run)
    return issue_forecasts(
        features=features_of(history, settled),
        daily_observations=history,
        sites=build_area_sites(*SITES) if sites is None else sites,
        model=model or Shelf(forecaster()),
        pollutant=pollutant,
        run=settled,
        params=params,
        policy=build_feature_params(),
    )


def ended(days_ago, site=SITES[0], history=HISTORY):
    """The history with one site silent for the last ``days_ago`` days."""
    newest = pd.Timestamp("2023-12-31") - pd.Timedelta(days=days_ago)
    return history[(history["site_id"] != site) | (history["date_local"] <= newest)]


def test_issue_forecasts_forecasts_every_site_at_every_lead():
    forecasts = schemas.Forecasts.validate(issue())
    assert forecasts.groupby("site_id")["lead_days"].apply(list).to_dict() == {site: [1, 2, 3] for site in SITES}
    assert set(forecasts["origin_date"]) == set(forecasts["data_through"]) == {pd.Timestamp("2023-12-31")}
    assert set(forecasts["model_version"]) == {"3"}


def test_issue_forecasts_gives_what_the_forecaster_says():
    run = training_run()
    features = features_of(HISTORY, run)
    rows = features[features["origin_date"] == "2023-12-31"]
    expected = forecaster().predict(rows)
    assert_frame_equal(issue()[list(expected.columns)], expected, check_exact=True)


def recent(origin, days=23):
    """Rows of the feature table of the weeks to an origin: a window of 20 days and the 3 of the horizon."""
    features = features_of(HISTORY, training_run())
    days_before = (pd.Timestamp(origin) - features["origin_date"]).dt.days
    return features[(days_before >= 0) & (days_before <= days)]


def test_issue_forecasts_follows_the_errors_since_the_training_of_all_sites_near_and_far():
    # The model was trained to the end of November, and two of the three sites lie beyond the area.
    model, inside = frozen("ridge"), build_area_sites(*SITES, in_area=[True, False, False])
    issued = issue(sites=inside, model=Shelf(model), origins="2023-12-31")
    rows = recent("2023-12-31", days=0).query(f"site_id == '{SITES[0]}'")
    followed, plain = model.predict(rows, model.recent_ranks(recent("2023-12-31"))), model.predict(rows)
    assert_frame_equal(issued[list(plain.columns)], followed, check_exact=True)
    assert (followed["q90"] != plain["q90"]).all()
    alone = model.recent_ranks(recent("2023-12-31").query(f"site_id == '{SITES[0]}'"))
    assert (followed["q90"] != model.predict(rows, alone)["q90"]).all()


def test_issue_forecasts_leaves_out_a_site_outside_the_area():
    sites = build_area_sites(*SITES, in_area=[True, False, True])
    assert set(issue(sites=sites)["site_id"]) == {SITES[0], SITES[2]}


def test_issue_forecasts_leaves_out_a_site_that_is_not_forecastable():
    third_day = (HISTORY["site_id"] == SITES[2]) & (HISTORY["date_local"].dt.dayofyear % 3 != 0)
    assert set(issue(HISTORY[~third_day])["site_id"]) == {SITES[0], SITES[1]}


def test_issue_forecasts_judges_a_site_as_of_the_origin():
    # The site fell silent on 1 December: on the 1st it was forecastable, on the 31st its newest day is 30 days old.
    model = Shelf(frozen("ridge"))
    forecasts = issue(ended(30), model=model, origins="2023-12-01/2023-12-31/30")
    assert forecasts.groupby("origin_date")["site_id"].nunique().tolist() == [3, 2]


@pytest.mark.parametrize(
    ("silent_days", "status", "model_name"),
    [
        (0, "ok", "ridge"),
        (7, "ok", "ridge"),
        (8, "stale", "ridge"),
        (14, "stale", "ridge"),
        (15, "stale", "climatology"),
    ],
)
def test_a_forecast_is_stale_when_the_site_s_newest_day_is_older_than_a_week(silent_days, status, model_name):
    rows = issue(ended(silent_days)).query(f"site_id == '{SITES[0]}'")
    assert set(rows["status"]) == {status}
    assert set(rows["model_name"]) == {model_name}
    assert set(rows["data_through"]) == {pd.Timestamp("2023-12-31") - pd.Timedelta(days=silent_days)}


@pytest.mark.parametrize(("silent_days", "status"), [(14, "ok"), (15, "climatology")])
def test_a_forecast_without_recent_history_is_the_climatology_s_and_says_so(silent_days, status):
    patient = inference_params(stale_after_days=20)
    forecasts = issue(ended(silent_days), params=patient)
    assert forecasts.groupby("site_id")["status"].first().tolist() == [status, "ok", "ok"]


def test_a_pollutant_that_ended_a_year_ago_is_forecast_and_marked_stale():
    forecasts = issue(as_of="2024-12-30")
    assert len(forecasts) == 9
    assert set(forecasts["status"]) == {"stale"}
    assert set(forecasts["data_through"]) == {pd.Timestamp("2023-12-31")}


@pytest.mark.parametrize(("as_of", "rows"), [("2025-02-03", 9), ("2025-02-04", 0)])
def test_a_pollutant_that_ended_more_than_400_days_ago_is_not_forecast(as_of, rows):
    assert len(issue(as_of=as_of)) == rows  # 2023-12-31 + 400 days is 2025-02-03


@pytest.mark.parametrize(("hour", "issued"), [(6, "2024-01-01 06:00"), (0, "2024-01-01 00:00")])
def test_issued_at_follows_from_the_origin_and_the_schedule(hour, issued):
    forecasts = issue(params=inference_params(issue_hour_utc=hour))
    assert set(forecasts["issued_at"]) == {pd.Timestamp(issued, tz="UTC")}


def test_a_model_that_was_trained_beyond_an_origin_is_refused():
    message = (
        "airwatch-pm25 version 3 was trained on days to 2023-12-31, so it cannot forecast honestly from 2023-12-29. "
        "Train with as_of=2023-12-29 or earlier, or name an older model_version."
    )
    with pytest.raises(ModelRefusedError) as refused:
        issue(origins="2023-12-29/2023-12-31")
    assert str(refused.value) == message


def test_a_model_may_forecast_from_the_last_day_it_was_trained_on():
    assert len(issue(origins="2023-12-31/2023-12-31")) == 9


@pytest.mark.parametrize("horizon_days", [2, 4])
def test_a_model_of_another_horizon_is_refused(horizon_days):
    with pytest.raises(ModelRefusedError, match=f"3 days ahead and horizon_days is {horizon_days}. Use"):
        issue(horizon_days=horizon_days)


def test_a_model_of_other_air_is_refused():
    with pytest.raises(
        ModelRefusedError, match=r"version 3 was trained on aqs and this run is about sandbox-20\. Train"
    ):
        issue(model=Shelf(forecaster(), source="aqs"))


def test_a_model_of_another_area_forecasts():
    forecasts = issue(model=Shelf(forecaster(), source="sandbox-20", area="cbsa-31080"))
    assert len(forecasts) == 9


def test_features_of_another_run_are_refused():
    run = training_run()
    features = mark(features_of(HISTORY, run), training_run(seed=21))
    with pytest.raises(OtherScopeError, match="source=sandbox-21"):
        issue_forecasts(
            features,
            HISTORY,
            build_area_sites(*SITES),
            Shelf(forecaster()),
            "pm25",
            run,
            PARAMS,
            build_feature_params(),
        )


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(ModelRefusedError, match="airwatch-pm25 has no version 99"):
        issue(model_version="99")


def test_a_version_that_exists_forecasts():
    assert set(issue(model_version="3")["model_version"]) == {"3"}


@pytest.mark.parametrize(
    "given",
    [
        {"history": HISTORY.iloc[:0]},
        {"sites": build_area_sites(*SITES, in_area=False)},
        {"pollutant": "ozone", "pollutants": ("pm25", "ozone")},
        {"pollutants": ("ozone",)},
        {"model": Shelf(None)},
    ],
    ids=["nothing observed", "no site in the area", "pollutant not observed", "pollutant left out", "no champion"],
)
def test_issue_forecasts_of_nothing_is_the_empty_table(given):
    assert_frame_equal(issue(**given), schemas.empty("Forecasts"))


FROZEN = {}


def frozen(champion):
    """A model trained on the days to the end of November."""
    if champion not in FROZEN:
        run = training_run(as_of="2023-11-30")
        FROZEN[champion] = train(champion, examples_of(HISTORY, run), run).forecaster
    return FROZEN[champion]


@pytest.mark.parametrize("champion", ["persistence", "ridge", "random_forest", "xgboost", "stack"])
@settings(max_examples=4)
@given(day=st.dates(pd.Timestamp("2023-11-30").date(), pd.Timestamp("2023-12-31").date()))
def test_an_origin_among_many_has_the_rows_of_the_origin_alone(champion, day):
    gaps = ended(20)
    many = issue(gaps, model=Shelf(frozen(champion)), origins="2023-11-30/2023-12-31")
    then = gaps[gaps["date_local"] <= pd.Timestamp(day)]
    alone = issue(then, model=Shelf(frozen(champion)), as_of=str(day))
    rows = many[many["origin_date"] == pd.Timestamp(day)].reset_index(drop=True)
    assert len(rows) >= 6
    assert_frame_equal(rows, alone, check_exact=True)


def join(issued=None, pm25=None, run=None, **tables):
    return join_forecasts(issued or {}, run or training_run(), pm25=pm25, **tables)


def latest(*sites, **columns):
    """Forecasts of 31 December for tomorrow and the day after, at some sites."""
    frames = [build_forecasts(["2023-12-31"], leads=(1, 2), site_id=site, **columns) for site in sites or SITES[:1]]
    table = pd.concat(frames, ignore_index=True)
    return table.assign(issued_at=pd.Timestamp("2024-01-01 06:00", tz="UTC"))


@pytest.fixture
def ledger(tmp_path):
    return LedgerDataset(path=str(tmp_path / "ledger"))


def test_join_forecasts_sorts_all_pollutants_into_one_table():
    pm25, ozone = latest(SITES[1], SITES[0]), latest(pollutant="ozone")
    run = training_run(pollutants=("pm25", "ozone"))
    joined, _ = join(pm25=pm25, ozone=ozone, run=run)
    keys = schemas.Forecasts.validate(joined)[["site_id", "pollutant", "lead_days"]].to_numpy().tolist()
    assert keys == [
        [SITES[0], "ozone", 1],
        [SITES[0], "ozone", 2],
        [SITES[0], "pm25", 1],
        [SITES[0], "pm25", 2],
        [SITES[1], "pm25", 1],
        [SITES[1], "pm25", 2],
    ]


def test_join_forecasts_leaves_out_what_another_run_left_behind():
    old = build_forecasts(["2023-12-30"])
    joined, _ = join(pm25=pd.concat([old, latest()]), ozone=latest(pollutant="ozone"))
    assert joined[["pollutant", "origin_date"]].drop_duplicates().to_numpy().tolist() == [
        ["pm25", pd.Timestamp("2023-12-31")]
    ]


def test_join_forecasts_leaves_out_what_a_run_of_another_area_left_behind():
    run = training_run(pollutants=("pm25", "ozone"))
    elsewhere = mark(latest(pollutant="ozone"), training_run(area={"cbsa": "41740"}, pollutants=("pm25", "ozone")))
    joined, _ = join(pm25=mark(latest(), run), ozone=elsewhere, run=run)
    assert set(joined["pollutant"]) == {"pm25"}


def test_join_forecasts_of_other_origins_alone_issues_nothing():
    joined, new = join(pm25=build_forecasts(["2023-12-30"]))
    assert schemas.Forecasts.validate(joined).empty
    assert new == {}


def test_join_forecasts_of_nothing_is_the_empty_table():
    joined, new = join(pm25=schemas.empty("Forecasts"))
    assert_frame_equal(joined, schemas.empty("Forecasts"))
    assert new == {}


def test_the_first_issue_of_a_day_is_its_first_part_of_the_ledger(ledger):
    joined, new = join(ledger.load(), latest(*SITES))
    assert list(new) == ["sandbox-20/2023-12-31/0000"]
    ledger.save(new)
    [(_, read)] = ledger.load().items()
    assert_frame_equal(read(), joined.sort_values(["issued_at", "site_id", "pollutant", "target_date"]))


def test_the_same_issue_again_adds_nothing_to_the_ledger(ledger):
    ledger.save(join(ledger.load(), latest(*SITES))[1])
    joined, new = join(ledger.load(), latest(*SITES))
    assert (len(joined), new) == (6, {})


def test_another_forecast_of_what_was_issued_adds_nothing_to_the_ledger(ledger):
    ledger.save(join(ledger.load(), latest())[1])
    assert join(ledger.load(), latest(mean=5.0, model_version="2"))[1] == {}


def test_other_sites_add_a_part_with_what_is_new(ledger):
    ledger.save(join(ledger.load(), latest(SITES[0], SITES[1]))[1])
    [(name, new)] = join(ledger.load(), latest(SITES[1], SITES[2]))[1].items()
    assert name == "sandbox-20/2023-12-31/0001"
    assert set(new["site_id"]) == {SITES[2]}
    ledger.save({name: new})
    assert join(ledger.load(), latest(*SITES))[1] == {}


def test_another_hour_of_issue_is_another_issue(ledger):
    ledger.save(join(ledger.load(), latest())[1])
    noon = latest().assign(issued_at=pd.Timestamp("2024-01-01 12:00", tz="UTC"))
    assert list(join(ledger.load(), noon)[1]) == ["sandbox-20/2023-12-31/0001"]


@pytest.mark.parametrize(
    ("other", "part"),
    [({"seed": 21}, "sandbox-21/2023-12-31/0000"), ({"source": "aqs", "area": {"state": "06"}}, "aqs/2023-12-31/0000")],
)
def test_another_source_has_a_ledger_of_its_own(ledger, other, part):
    ledger.save(join(ledger.load(), latest())[1])
    assert list(join(ledger.load(), latest(), run=training_run(**other))[1]) == [part]


@pytest.mark.parametrize("origins", ["2023-12-31", "2023-12-30/2023-12-31"])
def test_hindcasts_stay_out_of_the_ledger(origins):
    joined, new = join(pm25=latest(), run=training_run(origins=origins))
    assert (len(joined), new) == (2, {})


def test_what_inference_issues_goes_through_the_join_and_the_ledger_unchanged(ledger):
    forecasts = issue()
    joined, new = join(ledger.load(), forecasts)
    ledger.save(new)
    assert_frame_equal(joined, forecasts)
    assert join(ledger.load(), issue())[1] == {}
