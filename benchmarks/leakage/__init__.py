"""The leakage court: how much the usual way of testing flatters, on the same days of the same sites.

    python -m benchmarks.leakage ../shared/data/panel/panel_daily.parquet

A module each: the site-days, the two protocols, AirWatch's own backtest, and the report.
"""
