"""Why a forecast is what it is, in numbers and in words: what moves it from what is usual, in the AQS unit."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airwatch.domain.pollutants import POLLUTANTS
from airwatch.domain.transforms import FloatArray, Transform
from airwatch.forecasting.calibrated import CalibratedModel
from airwatch.forecasting.contributions import GROUPS, Contributions, Groups, contributions
from airwatch.forecasting.design import KEYS
from airwatch.forecasting.forecaster import Forecaster

GROUP_COLUMNS = tuple(group.replace(" ", "_") for group in GROUPS)
CHUNK_ROWS = 2_000
TOLD = 3  # groups in a sentence


def explain(forecaster: Forecaster, features: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Why ``forecaster.predict`` says what it says.

    Args:
        forecaster: Whose forecasts are explained.
        features: Rows of the feature table, as ``predict`` takes them.
        groups: The one of ``GROUPS`` that each feature column belongs to, as ``FeatureSpec.groups`` tells.

    Returns:
        One row for each feature row and lead, sorted by ``KEYS`` and ``lead_days``. In the AQS unit: ``usual``, the
        mean prediction over the training; what each group adds to it (``GROUP_COLUMNS``); their sum ``expected``, the
        point prediction, which is close to the forecast's median and, where errors are skewed, below its mean.
        ``main_reason`` and ``second_reason`` are the groups that move it most; ``in_words`` says it in a sentence.
    """
    thin = forecaster.lacks_recent_history(features)
    parts = [*_chunks(forecaster.main, features[~thin]), *_chunks(forecaster.fallback, features[thin])]
    tables = [_table(rows, contributions(by.model, rows, groups), by.transform) for by, rows in parts]
    known = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(known).sort_values([*KEYS, "lead_days"], ignore_index=True)


def _chunks(calibrated: CalibratedModel, features: pd.DataFrame) -> list[tuple[CalibratedModel, pd.DataFrame]]:
    """At least one, if empty; many, so that memory stays small."""
    starts = range(0, max(len(features), 1), CHUNK_ROWS)
    return [(calibrated, features.iloc[start : start + CHUNK_ROWS]) for start in starts]


def _table(features: pd.DataFrame, found: Contributions, transform: Transform) -> pd.DataFrame:
    """The reasons of some rows, lead by lead within each."""
    rows, _, horizon = found.by_group.shape
    usual, moves = found.in_aqs_unit(transform)
    moves = np.swapaxes(moves, 1, 2).reshape(rows * horizon, len(GROUPS))
    table = features[list(KEYS)].iloc[np.repeat(np.arange(rows), horizon)]
    table = table.assign(
        lead_days=np.tile(np.arange(1, horizon + 1, dtype=np.int64), rows),
        usual=np.tile(usual, rows),
        **dict(zip(GROUP_COLUMNS, moves.T, strict=True)),
        expected=np.tile(usual, rows) + moves.sum(axis=1),
    )
    first, second, _ = np.array(GROUPS, dtype=object)[_largest(moves)].T
    names = {"main_reason": first, "second_reason": second, "in_words": _sentences(table, moves)}
    return table.assign(**{name: pd.array(list(words), dtype="str") for name, words in names.items()})


def _largest(moves: FloatArray) -> NDArray[np.intp]:
    """The places of the groups that move each forecast most, the first the most [n, 3]."""
    return np.argsort(-np.abs(moves), axis=1, kind="stable")[:, :TOLD]


def _sentences(table: pd.DataFrame, moves: FloatArray) -> list[str]:
    """Such as ``12.4 µg/m³, 4.5 above the usual 7.9: yesterday +3.1, neighbours +1.2, season -0.8``."""
    rows = zip(table["pollutant"], table["expected"], table["usual"], moves, _largest(moves), strict=True)
    return [_sentence(*row) for row in rows]


def _sentence(pollutant: str, expected: float, usual: float, moves: FloatArray, largest: NDArray[np.intp]) -> str:
    """One of them; a group that rounds to nothing is left out."""
    named = POLLUTANTS[pollutant]
    digits = max(named.aqi_decimals, 1)
    side = "above" if expected >= usual else "below"
    head = f"{expected:.{digits}f} {named.unit}, {abs(expected - usual):.{digits}f} {side} the usual {usual:.{digits}f}"
    told = [f"{GROUPS[i]} {moves[i]:+.{digits}f}" for i in largest if round(abs(moves[i]), digits)]
    return f"{head}: {', '.join(told)}" if told else head
