"""Changes that last: at a site, in the network, in the errors of forecasts; never a season, never smoke."""

from airwatch.pipelines.monitoring.changes.find import find_drift
from airwatch.pipelines.monitoring.changes.smoke import mark_smoke

__all__ = ["find_drift", "mark_smoke"]
