"""The skill benchmark: AirWatch and its peers, forecasting the same days of the same sites.

    python -m benchmarks.skill ../shared/data/panel/panel_daily.parquet

A module each: what was observed, the split, what a method is, the peers, the scores and the report.
"""
