"""Evidently's reports: the one module that imports it, and is itself imported when a report is made.

Evidently fails on a column without a value and on values without spread, and guesses the kind of any column
it is not told of: callers hand over known, varying numbers, and each report names its columns. Pollutants
stand side by side as columns of one frame, each as long as its own sample, so that one page holds them all.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from typing import Any

import pandas as pd
from evidently import DataDefinition, Dataset, Regression, Report
from evidently.presets import DataDriftPreset, RegressionPreset

from airwatch.pipelines.monitoring.params import DriftParams


class NamedRegression(RegressionPreset):  # type: ignore[misc]
    """Evidently's regression preset with the name of its task on every widget."""

    def render(self, context: Any, child_widgets: Any = None) -> list[Any]:
        """The preset's widgets, titled."""
        widgets: list[Any] = super().render(context, child_widgets)
        for widget in widgets:
            widget.title = f"{self.regression_name}: {widget.title}" if widget.title else self.regression_name
        return widgets


def drift(
    columns: dict[str, tuple[pd.Series, pd.Series]],
    limits: dict[str, float],
    as_of: date,
    params: DriftParams,
    with_page: bool = True,
) -> tuple[str, dict[str, Any]]:
    """Compare each column's current values with its reference.

    Args:
        columns: Current and reference values by the name the page shows; none missing, not all equal.
        limits: The distance from which on each column has drifted.
        as_of: The day the report is for.
        params: The method.
        with_page: Whether the page is wanted, which takes most of the time.

    Returns:
        The page (empty where it is not wanted), and ``columns`` (``distance``, ``limit`` and ``drifted`` of each)
        with Evidently's own ``metrics``.
    """
    names = list(columns)
    definition = DataDefinition(numerical_columns=names)
    current, reference = (
        Dataset.from_pandas(pd.DataFrame({name: columns[name][side] for name in names}), data_definition=definition)
        for side in (0, 1)
    )
    preset = DataDriftPreset(
        columns=names,
        num_method=params.method,
        per_column_threshold=limits,
        drift_share=params.max_share_drifted,
    )
    snapshot = Report([preset], include_tests=True).run(current, reference, timestamp=_midnight(as_of))
    found = snapshot.dict()
    distances = {m["config"]["column"]: m["value"] for m in found["metrics"] if "column" in m["config"]}
    failed = {
        test["metric_config"]["params"].get("column"): str(test["status"].value) == "FAIL" for test in found["tests"]
    }
    verdicts = {
        name: {"distance": plain(distances[name]), "limit": limits[name], "drifted": failed[name]} for name in names
    }
    page = snapshot.get_html_str(as_iframe=False) if with_page else ""
    return page, {"columns": verdicts, "metrics": plain(found["metrics"])}


def regression(tasks: dict[str, tuple[pd.Series, pd.Series]], as_of: date) -> tuple[str, list[Any]]:
    """Show forecasts against observations, one task after another.

    Args:
        tasks: Observed and forecast values by the name the page shows; none missing, errors not all equal.
        as_of: The day the report is for.

    Returns:
        The page, and Evidently's own metrics.
    """
    frame, definitions = {}, []
    for name, (observed, forecast) in tasks.items():
        target, prediction = f"{name}: observed", f"{name}: forecast"
        frame[target], frame[prediction] = observed, forecast
        definitions.append(Regression(name=name, target=target, prediction=prediction))
    definition = DataDefinition(numerical_columns=list(frame), regression=definitions)
    data = Dataset.from_pandas(pd.DataFrame(frame), data_definition=definition)
    snapshot = Report([NamedRegression(regression_name=name) for name in tasks]).run(
        data, None, timestamp=_midnight(as_of)
    )
    return snapshot.get_html_str(as_iframe=False), plain(snapshot.dict()["metrics"])


def plain(value: Any) -> Any:
    """The same of what JSON knows: numpy's numbers as Python's, and None for what is no number."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
