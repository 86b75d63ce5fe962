"""Scores of forecasts: of the mean, the intervals and the chances, each beside persistence and climatology.

Definitions: CRPS is twice the mean pinball loss over the seven quantiles; skill is one minus the ratio of
mean squared errors on the same rows; intervals include their ends; an exceedance is an AQI above 100 by
EPA's 2024 table; FAR is the false-alarm ratio, false alarms over alarms; the worst tenth is taken by observation.
Concentrations and their errors are in the AQS unit. A pair with a missing member is left out; a score of nothing
is NaN.
"""

from airwatch.scores.bootstrap import BlockBootstrap
from airwatch.scores.comparison import Comparison, diebold_mariano
from airwatch.scores.events import brier, brier_skill, csi, ets, far, frequency_bias, hss, pod
from airwatch.scores.groups import GROUPINGS, KEY_OF_GROUPS, SEASONS, score_groups, seasons
from airwatch.scores.measures import (
    INTERVALS,
    QUANTILES,
    agreement,
    correlation,
    coverage,
    crps,
    crps_rows,
    fractional_bias,
    fractional_error,
    mae,
    mean_bias,
    mse_skill,
    nmb,
    nme,
    pinball_loss,
    rmse,
    sharpness,
    worst_tenth,
)
from airwatch.scores.reliability import reliability
from airwatch.scores.table import (
    BRIER_AQI,
    EXCEEDANCE_AQI,
    REFERENCES,
    SCORE_COLUMNS,
    columns_to_score,
    score_rows,
    score_table,
)

__all__ = [
    "BRIER_AQI",
    "EXCEEDANCE_AQI",
    "GROUPINGS",
    "INTERVALS",
    "KEY_OF_GROUPS",
    "QUANTILES",
    "REFERENCES",
    "SCORE_COLUMNS",
    "SEASONS",
    "BlockBootstrap",
    "Comparison",
    "agreement",
    "brier",
    "brier_skill",
    "columns_to_score",
    "correlation",
    "coverage",
    "crps",
    "crps_rows",
    "csi",
    "diebold_mariano",
    "ets",
    "far",
    "fractional_bias",
    "fractional_error",
    "frequency_bias",
    "hss",
    "mae",
    "mean_bias",
    "mse_skill",
    "nmb",
    "nme",
    "pinball_loss",
    "pod",
    "reliability",
    "rmse",
    "score_groups",
    "score_rows",
    "score_table",
    "seasons",
    "sharpness",
    "worst_tenth",
]
