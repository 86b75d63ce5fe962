"""The laws of the feature table, to the last bit: past only, and the same whatever else is built beside a row."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from airwatch.features.pieces import Piece
from airwatch.features.table import lay_out
from builders import build_days
from builders_table import COUNT, LAST, SITES, SPEC, START, at, bits, build, build_region, run_to

# A seed does not get simpler by shrinking it.
LAW = settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
FEW = settings(LAW, max_examples=4)

origins = st.integers(30, COUNT - 2).map(lambda number: START + pd.Timedelta(days=number))
seeds = st.integers(0, 1_000)


def in_blocks(frames, rows, each=map):
    return list(each(Piece.frame, lay_out(frames, SITES, run_to(LAST), SPEC).pieces(rows)))


@LAW
@given(seeds, origins)
def test_features_of_a_day_do_not_change_when_later_days_arrive(seed, origin):
    days = build_region(seed)
    then = build(days[days["date_local"] <= origin], as_of=origin)
    assert bits(at(build(days), origin)) == bits(at(then, origin))


@LAW
@given(seeds, origins)
def test_features_up_to_a_day_do_not_change_when_later_values_are_shuffled_and_replaced(seed, origin):
    days = build_region(seed)
    later = days["date_local"] > origin
    shuffled = days["value"].where(~later, days["value"].sample(frac=1, random_state=seed).to_numpy() * 999)
    before = build(days)
    after = build(days.assign(value=shuffled))
    up_to = before["origin_date"] <= origin
    assert bits(before[up_to]) == bits(after[up_to])


@LAW
@given(
    seeds,
    origins,
    st.sampled_from(["06-037-0000", "06-037-0004", "06-037-9999"]),
    st.sampled_from(["pm25", "ozone", "temperature"]),
)
def test_features_of_a_day_do_not_change_when_a_site_appears_later(seed, origin, newcomer, pollutant):
    days = build_region(seed)
    since = origin + pd.Timedelta(days=1)
    more = build_days((LAST - origin).days, start=since, site=newcomer, pollutant=pollutant, seed=seed + 50)
    sites = pd.concat([SITES, pd.DataFrame({"site_id": [newcomer], "latitude": [34.1], "longitude": [-118.0]})])
    grown = build(pd.concat([more, days]), sites=sites.drop_duplicates("site_id", keep="last"))
    up_to = grown["origin_date"] <= origin
    before = build(days)
    assert bits(grown[up_to]) == bits(before[before["origin_date"] <= origin])


@LAW
@given(seeds, st.integers(0, 700))
def test_features_of_a_day_do_not_change_with_history_older_than_the_reach(seed, older):
    # Five years and a bit; the shorter history begins just where the reach of the origin ends.
    days = build_region(seed, count=SPEC.reach_days + 701)
    origin = START + pd.Timedelta(days=SPEC.reach_days + older)
    short = days[days["date_local"] >= origin - pd.Timedelta(days=SPEC.reach_days)]
    assert bits(at(build(short, as_of=origin), origin)) == bits(at(build(days, as_of=origin), origin))


@FEW
@given(seeds, st.integers(4, 300), st.sampled_from(["ozone", "temperature", "wind_direction"]))
def test_features_do_not_change_with_the_days_before_the_first_of_their_pollutant(seed, earlier, name):
    # Three days are looked back to of another pollutant and of the weather: the last two of the new ones are not there.
    days = build_region(seed)
    more = build_days(earlier - 2, START - pd.Timedelta(days=earlier), "06-037-0007", name, seed=seed)
    grown, before = build(pd.concat([more, days])), build(days)
    of_the_same_days = grown[grown["origin_date"] >= START]
    kept = of_the_same_days["pollutant"] == "pm25"
    assert bits(of_the_same_days[kept]) == bits(before[before["pollutant"] == "pm25"])


@FEW
@given(seeds, st.sampled_from([1, 400, 461, 900, 10_000]), st.sampled_from([1, 3]))
def test_blocks_are_the_table_to_the_bit(seed, rows, threads):
    days = build_region(seed)
    with ThreadPoolExecutor(threads) as pool:
        blocks = pd.concat(in_blocks([days], rows, pool.map), ignore_index=True)
    whole = build(days)
    assert bits(blocks) == bits(whole)
    pd.testing.assert_frame_equal(blocks, whole)


@FEW
@given(seeds, st.sampled_from([1, 900]))
def test_a_piece_sent_elsewhere_makes_its_rows_of_the_table_to_the_bit(seed, rows):
    days = build_region(seed)
    landscape = lay_out([days], SITES, run_to(LAST), SPEC)
    sent = [pickle.loads(pickle.dumps(piece)).frame() for piece in landscape.pieces(rows)]
    assert bits(pd.concat(sent)) == bits(build(days))


@pytest.mark.parametrize(("rows", "lengths"), [(1, [460] * 5), (921, [460, 920, 920]), (10_000, [460, 1_840])])
def test_a_block_holds_whole_sites_of_one_pollutant_and_about_as_many_rows_as_asked(rows, lengths):
    # One site with ozone, then four with PM2.5, of 460 days each.
    blocks = in_blocks([build_region(1)], rows)
    assert [len(block) for block in blocks] == lengths
    assert [block["pollutant"].nunique() for block in blocks] == [1] * len(blocks)


@pytest.mark.parametrize("threads", [2, 5])
def test_features_have_the_same_bits_whatever_the_threads(threads):
    days = build_region(7)
    assert bits(build(days, threads=threads)) == bits(build(days))


def test_observations_may_come_in_frames_of_any_sites_and_days():
    days = build_region(8)
    shuffled = days.sample(frac=1, random_state=1)
    frames = [shuffled[:100], shuffled[:0], shuffled[100:107], shuffled[107:]]
    assert bits(pd.concat(in_blocks(frames, 500))) == bits(build(days))


@pytest.mark.parametrize("back", [0, 1, 13, 27, 89, 365])
def test_features_of_a_day_do_change_with_a_value_before_it(back):
    days = build_days(COUNT, start=START, site="06-037-0001", seed=3)
    origin = START + pd.Timedelta(days=400)
    touched = days["date_local"] == origin - pd.Timedelta(days=back)
    changed = days.assign(value=days["value"] + 50 * touched)
    assert bits(at(build(days), origin)) != bits(at(build(changed), origin))


def test_features_are_deterministic():
    assert bits(build(build_region(5))) == bits(build(build_region(5).sample(frac=1, random_state=1)))
