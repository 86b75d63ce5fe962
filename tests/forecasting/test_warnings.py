import pickle
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airwatch.forecasting.warnings import Cut, WarningCuts, best_cut, choose_cuts, cut_in_theory

COSTS = {50: 1.0, 100: 3.0, 150: 5.0}


def past(chance, observed, lead=1, every=1, **columns):
    """Rolling-origin forecasts ``every`` so many days, the same chance of every threshold, observed in µg/m³."""
    count = len(np.broadcast_to(chance, np.shape(observed)))
    days = pd.date_range("2020-01-01", periods=count, freq=f"{every}D")
    chances = {f"p_aqi_above_{aqi}": chance for aqi in COSTS}
    return pd.DataFrame({"origin_date": days, "lead_days": lead, "observed": observed, **chances, **columns})


def choose(forecasts, costs=None, horizon=1, min_events=20):
    return choose_cuts("pm25", forecasts, costs or {100: 3.0}, horizon, min_events)


def only(cuts):
    [cut] = cuts.cuts
    return cut


def cut(threshold=100, lead_days=1, at=0.25, **fields):
    given = {"basis": "observed", "cost_of_miss": 3.0, "forecasts": 100, "events": 10, "hits": 6, "misses": 4}
    return Cut(threshold=threshold, lead_days=lead_days, cut=at, **(given | {"false_alarms": 5} | fields))


def issued(chances, lead=1, site="06-037-1103"):
    """Forecasts of one site on consecutive origins; each chance is of an AQI above 100."""
    origins = pd.date_range("2023-01-01", periods=len(chances), freq="D")
    return pd.DataFrame(
        {
            "site_id": site,
            "pollutant": "pm25",
            "origin_date": origins,
            "target_date": origins + pd.Timedelta(days=lead),
            "lead_days": lead,
            "p_aqi_above_50": 0.9,
            "p_aqi_above_100": chances,
            "p_aqi_above_150": 0.0,
        }
    )


@pytest.mark.parametrize(("cost_of_miss", "cut"), [(1.0, 0.5), (3.0, 0.25), (4.0, 0.2), (9.0, 0.1)])
def test_in_theory_a_warning_pays_from_the_chance_where_its_cost_equals_that_of_a_miss(cost_of_miss, cut):
    # chance * cost_of_miss = (1 - chance) * 1
    assert cut_in_theory(cost_of_miss) == pytest.approx(cut)


@pytest.mark.parametrize(("events", "basis"), [(0, "theory"), (19, "theory"), (20, "observed")])
def test_with_fewer_events_than_asked_the_cut_is_the_one_of_theory_and_says_so(events, basis):
    # Each event had a chance of 0.105, each other day none, a fortnight apart: where they count, 0.10 warns of all.
    forecasts = past(
        np.where(np.arange(60) < events, 0.105, 0.0), np.where(np.arange(60) < events, 40.0, 5.0), every=14
    )
    chosen = only(choose(forecasts))
    assert (chosen.basis, chosen.events) == (basis, events)
    assert chosen.cut == pytest.approx(0.25 if basis == "theory" else 0.10)


def test_without_any_event_the_cut_is_the_one_of_theory_though_none_be_asked():
    assert only(choose(past(0.0, [5.0] * 30), min_events=0)).basis == "theory"


@pytest.mark.parametrize(("blocks", "cut"), [(1, 0.5), (2, 0.10)])
def test_one_episode_does_not_move_the_cut_and_two_do(blocks, cut):
    # In each block ten events with chance 0.105, ten quiet days with 0.02. From 0.03 to 0.10 a cut costs nothing, that
    # of theory ten misses a block. One block: 10 is within sqrt(10 * 10). Two: 20 is not within sqrt(100 + 100).
    chance, event = np.tile([0.105, 0.02], 10 * blocks), np.tile([True, False], 10 * blocks)
    assert best_cut(chance, event, np.repeat(np.arange(blocks), 20), 1.0) == pytest.approx(cut)


def test_blocks_are_fortnights_of_origins():
    # The same 20 events as above: on 20 days that begin with a block they are two pieces of evidence, on 14 one.
    chance, observed = np.tile([0.105, 0.02], 20), np.tile([12.0, 5.0], 20)
    within = past(chance, observed).assign(origin_date=pd.Timestamp("2020-01-01"))
    apart = within.assign(origin_date=within["origin_date"] + pd.to_timedelta(14 * (np.arange(40) // 20), unit="D"))
    thirteen = within.assign(origin_date=within["origin_date"] + pd.to_timedelta(13 * (np.arange(40) // 20), unit="D"))
    assert [only(choose(each, {50: 1.0})).cut for each in (within, thirteen, apart)] == [0.5, 0.5, 0.10]


@pytest.mark.parametrize(("cost_of_miss", "cut"), [(1.0, 0.5), (3.0, 0.25), (9.0, 0.1)])
def test_true_chances_keep_the_cut_near_theory_whatever_a_miss_costs(cost_of_miss, cut):
    rng = np.random.default_rng(3)
    chance = rng.beta(0.5, 2.0, 4000)
    chosen = only(choose(past(chance, np.where(rng.random(4000) < chance, 40.0, 5.0)), {100: cost_of_miss}))
    assert chosen.basis == "observed"
    assert chosen.cut == pytest.approx(cut, abs=0.02)


def test_chances_of_half_the_truth_bring_the_cut_down_to_half():
    rng = np.random.default_rng(3)
    chance = rng.beta(0.5, 2.0, 20_000)
    event = rng.random(20_000) < chance
    assert best_cut(chance / 2, event, np.arange(20_000) // 500, 3.0) == pytest.approx(0.125, abs=0.025)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.booleans(), st.integers(0, 3)), min_size=1, max_size=40),
    st.sampled_from([1.0, 3.0, 9.0]),
)
def test_the_cut_is_the_one_a_plain_search_finds(rows, cost_of_miss):
    chance, event, block = np.array([p / 100 for p, _, _ in rows]), [e for _, e, _ in rows], [b for _, _, b in rows]
    theory = 1 / (1 + cost_of_miss)

    def costs(cut):
        of_row = [cost_of_miss * (e and p < cut) + (p >= cut and not e) for p, e in zip(chance, event, strict=True)]
        return [sum(c for c, b in zip(of_row, block, strict=True) if b == number) for number in range(4)]

    cuts = sorted({*(k / 100 for k in range(1, 100)), theory})
    cheapest = min(cuts, key=lambda cut: sum(costs(cut)))
    excess = {cut: [mine - best for mine, best in zip(costs(cut), costs(cheapest), strict=True)] for cut in cuts}
    as_good = [cut for cut in cuts if sum(excess[cut]) <= sqrt(sum(e * e for e in excess[cut]))]
    assert best_cut(chance, np.array(event), np.array(block), cost_of_miss) == min(
        as_good, key=lambda c: abs(c - theory)
    )


@pytest.mark.parametrize(
    ("observed", "events"), [(9.0, (0, 0, 0)), (9.1, (1, 0, 0)), (35.5, (1, 1, 0)), (55.5, (1, 1, 1))]
)
def test_an_event_is_an_aqi_above_the_threshold_by_the_newest_table(observed, events):
    assert tuple(cut.events for cut in choose(past(0.5, [observed]), COSTS).cuts) == events


def test_the_record_counts_what_became_of_warnings_by_the_cut():
    # Two events warned of, one missed, three false alarms and four quiet days: the miss costs 3, the alarms 3; never
    # to warn would cost 9, always 7.
    forecasts = past([0.9, 0.25, 0.2] + [0.3] * 3 + [0.1] * 4, [40.0] * 3 + [20.0] * 7)
    chosen = only(choose(forecasts))
    assert (chosen.cut, chosen.forecasts, chosen.events) == (0.25, 10, 3)
    assert (chosen.hits, chosen.misses, chosen.false_alarms) == (2, 1, 3)
    assert chosen.csi == pytest.approx(2 / 6)
    assert chosen.value == pytest.approx(1 - 6 / 7)


def test_without_an_event_there_is_nothing_to_value():
    quiet = only(choose(past(0.0, [5.0] * 10)))
    assert np.isnan(quiet.value)
    assert np.isnan(quiet.csi)


def test_every_threshold_and_lead_has_a_cut_whatever_was_observed():
    # At a site of every third day leads 1 and 2 are never observed beside their origin.
    cuts = choose(past(0.4, [12.0] * 30, lead=3), COSTS, horizon=3).table()
    assert list(zip(cuts["threshold"], cuts["lead_days"], strict=True)) == [(t, h) for t in COSTS for h in (1, 2, 3)]
    assert cuts.set_index(["threshold", "lead_days"])["basis"].to_dict()[50, 3] == "observed"
    assert set(cuts.loc[cuts["lead_days"] < 3, "basis"]) == {"theory"}
    assert cuts.loc[cuts["lead_days"] == 1, "cut"].tolist() == pytest.approx([0.5, 0.25, 1 / 6])


def test_without_any_past_forecast_all_cuts_are_those_of_theory():
    cuts = choose(past(0.4, [12.0]).iloc[:0], COSTS, horizon=2).table()
    assert set(cuts["basis"]) == {"theory"}
    assert len(cuts) == 6


def test_each_lead_learns_from_its_own_forecasts():
    # At lead 1 the chances of the events are 0.105, at lead 2 they are 0.405.
    ahead = [
        past(np.tile([chance, 0.0], 30), np.tile([12.0, 5.0], 30), lead=lead, every=7)
        for lead, chance in ((1, 0.105), (2, 0.405))
    ]
    cuts = choose(pd.concat(ahead), {50: 1.0}, horizon=2).cuts
    assert [cut.cut for cut in cuts] == pytest.approx([0.10, 0.40])


def test_decide_warns_from_the_cut_on():
    decided = WarningCuts((cut(at=0.25),)).decide(issued([0.2499, 0.25, 0.26]))
    assert decided["warned"].tolist() == [False, True, True]


def test_decide_gives_each_forecast_and_threshold_its_record_sorted_by_key():
    cuts = WarningCuts((cut(100, at=0.3), cut(50, at=0.5, hits=9, misses=1, false_alarms=2)))
    decided = cuts.decide(pd.concat([issued([0.4], site="06-037-1201"), issued([0.1, 0.2])]))
    assert decided["site_id"].tolist() == ["06-037-1103"] * 4 + ["06-037-1201"] * 2
    assert decided["threshold"].tolist() == [50, 100] * 3
    assert decided["chance"].tolist() == [0.9, 0.1, 0.9, 0.2, 0.9, 0.4]
    assert decided["warned"].tolist() == [True, False, True, False, True, True]
    first = decided.iloc[0]
    assert (first["hits"], first["misses"], first["false_alarms"], first["basis"]) == (9, 1, 2, "observed")


def test_decide_takes_the_cut_of_the_lead():
    cuts = WarningCuts((cut(lead_days=1, at=0.5), cut(lead_days=2, at=0.1)))
    decided = cuts.decide(pd.concat([issued([0.3], lead=1), issued([0.3], lead=2)]))
    assert decided[["lead_days", "warned"]].to_numpy().tolist() == [[1, False], [2, True]]


def test_decide_decides_nothing_of_no_forecast():
    assert WarningCuts((cut(),)).decide(issued([])).empty


def test_a_lead_beyond_the_cuts_is_refused():
    with pytest.raises(ValueError, match="reach 1 days ahead, the forecasts further: train again"):
        WarningCuts((cut(),)).decide(issued([0.3], lead=2))


def test_cuts_survive_the_registry():
    cuts = choose(past([0.9] * 25, [40.0] * 25), COSTS, horizon=2)
    assert pickle.loads(pickle.dumps(cuts)) == cuts
