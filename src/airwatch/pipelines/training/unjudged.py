"""A candidate that forecasts without having been judged: no test windows, no gate, and a record that says so."""

from __future__ import annotations

import pandas as pd

from airwatch import schemas
from airwatch.domain.pollutants import parameter
from airwatch.pipelines.training.gate import Decision
from airwatch.pipelines.training.rules import Finding, record

RULE = "rolling origins"


def take_unjudged(name: str, fit_gaps: pd.DataFrame) -> Decision:
    """The candidate that was asked for as the champion of a pollutant, if it could be fitted.

    Args:
        name: Of the candidate.
        fit_gaps: ``pollutant`` and ``candidate``, of the window that calibrates; what had too few days is not there.
    """
    own = fit_gaps[fit_gaps["candidate"] == name]
    if own.empty:
        return Decision(schemas.empty("Gate"), None, "Too few days to calibrate on, so that no model was fitted.")
    pollutant = str(own["pollutant"].iloc[0])
    label = parameter(pollutant).label
    paragraph = (
        f"{name} forecasts {label} and was not judged: it was taken as asked (training.unjudged), without rolling "
        "origins and without the gate. How good its forecasts are, and whether they are better than the baselines', is "
        "not known. Its intervals rest on the errors of one window, the last days before the end of the training."
    )
    finding = Finding(RULE, float("nan"), float("nan"), float("nan"), False, paragraph)
    return Decision(record(name, pollutant, {name: [finding]}), name, paragraph)
