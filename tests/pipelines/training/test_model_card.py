import numpy as np
import pandas as pd

from airwatch.forecasting.warnings import WarningCuts, choose_cuts
from airwatch.pipelines.training.gate import judge
from airwatch.pipelines.training.model_card import model_card
from airwatch.scores import score_groups
from builders_gate import BASELINES, DAYS, EVERY_FIFTH, LIMITS, off_by, saying, side_by_side

NO_CUTS = WarningCuts(())
TAGS = {"source": "aqs", "area": "cbsa-31080", "as_of": "2021-03-01", "data_hash": "0a1b"}
# 12 days of 60 µg/m³, an AQI above 100, of which the mean sees the first seven.
SMOKE = {"observed": np.where(EVERY_FIFTH, 60.0, 11.0)}
SEEN = saying(np.where(EVERY_FIFTH & (np.arange(DAYS) < 35), 60.0, 11.0), **SMOKE)


def card(tags=TAGS, cuts=NO_CUTS, baselines=BASELINES, limits=LIMITS, **models):
    forecasts = side_by_side({**baselines, **models})
    gaps = pd.DataFrame({"candidate": list(models), "lead_days": 1, "gap": 0.1})
    return model_card(judge(forecasts, gaps, limits), score_groups(forecasts, draws=20), gaps, cuts, tags)


def section(text, title):
    return text.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0]


def test_the_card_says_what_is_forecast_from_what_and_by_which_model():
    text = card(ridge=off_by(1.0))
    assert text.startswith("# PM2.5: model card\n")
    assert "24-hour mean of PM2.5 in µg/m³" in section(text, "What it forecasts")
    assert "The model is `ridge`." in section(text, "What it forecasts")
    assert "60 forecasts a lead" in section(text, "What it forecasts")
    assert "| hash of features and targets | `0a1b` |" in section(text, "Data")
    assert "as_of=2021-03-01" in section(text, "How to make it again")


def test_a_card_of_the_sandbox_says_that_the_data_are_simulated():
    assert card(tags={**TAGS, "source": "sandbox-20"}).startswith("# PM2.5: model card (simulated data)\n")


def test_candidates_stand_in_the_order_of_their_crps():
    table, *_ = section(card(ridge=off_by(1.0)), "Candidates").split("\n\n")[1:]
    assert table.split("\n") == [
        "| lead, days | 1 |",
        "| --- | --- |",
        "| `ridge` | 0.2 |",
        "| `blend` | 1 |",
        "| `persistence` | 2 |",
        "| `climatology` | 4 |",
    ]


def test_a_candidate_that_forecast_other_rows_is_not_among_the_scores():
    text = card(ridge=off_by(1.0), random_forest=off_by(0.5).tail(15))
    assert "random_forest" not in section(text, "Candidates")
    assert "| `random_forest` | all rows | 0.25 | 1 | – | **no** |" in section(text, "The gate")


def test_the_gate_s_paragraph_and_table_are_in_the_card():
    gate = section(card(ridge=off_by(1.0)), "The gate")
    assert gate.startswith("Of the candidates for PM2.5 ridge is chosen")
    assert (
        "| `ridge` | gap to training | 0.1 | 0.35 | – | yes | error on new days +10 % against training days |" in gate
    )


def test_intervals_are_told_by_lead():
    # Sure of 11 on four days of five; the width is nothing, and all days tie for the worst tenth.
    assert "| 1 | 80.0 % | 80.0 % | 80.0 % | 80.0 % | 0 |" in section(card(ridge=off_by(1.0)), "Intervals")


def test_weaknesses_are_the_worst_season_the_worst_days_and_the_exceedances_missed():
    # 2 January to 2 March: 58 days of winter, four of them off by 49, then two of spring, one of them off by 49.
    lenient = LIMITS.model_copy(update={"coverage_tolerance": 0.2})
    text = card(baselines={"climatology": saying(30.0, **SMOKE)}, ridge=SEEN, limits=lenient)
    weak = section(text, "Known weaknesses")
    assert "- Worst season at lead 1: spring, CRPS 24.5 µg/m³ on 2 forecasts, against 3.38 in winter." in weak
    assert "- Of days above an AQI of 100 the mean misses 5 of 12 (lead 1)." in weak
    assert "the 80 % interval holds 58.3 % (lead 1)" in weak
    assert "turned out Unhealthy, the worst seen (n = 12), the mean at lead 1 is 20.4 µg/m³ too low" in weak


def test_where_no_day_exceeds_none_is_missed():
    assert "the mean misses 0 of 0 (lead 1)" in section(card(ridge=off_by(1.0)), "Known weaknesses")


def test_the_record_of_the_warnings_is_in_the_card():
    chances = {f"p_aqi_above_{aqi}": EVERY_FIFTH.astype(float) for aqi in (50, 100, 150)}
    ridge = SEEN.assign(**chances)
    cuts = choose_cuts("pm25", ridge, {100: 3.0}, horizon=1, min_events=20)
    # 12 events are too few to choose by: the cut is 1 / (1 + 3), and it hits all of them.
    assert "| 100 | 1 | 0.25 (theory) | 3 | 12 | 12 | 0 | 0 | 1.00 |" in section(
        card(cuts=cuts, ridge=ridge, baselines={"climatology": saying(11.0, **SMOKE)}), "Warnings"
    )
    assert section(card(), "Warnings") == "This model gives no warnings."


def test_a_baseline_as_champion_has_a_card_too():
    assert "The model is `blend`." in card()


def test_a_card_has_no_number_that_is_none():
    assert "nan" not in card(ridge=off_by(1.0))
