"""The replay: monitoring walked through years of real days, and through the same days with faults put in.

    python -m benchmarks.replay ../shared/data/panel/panel_daily.parquet

A module each: the metros and their history, the faults, the walk, what is counted, and the report.
"""
