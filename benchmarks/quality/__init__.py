"""Data quality measured: what it names in real years as they were, and how soon it names faults put into them.

    python -m benchmarks.quality ../shared/data/panel/panel_daily.parquet

Two modules: what is measured, and the command with its report. Histories and the way through the policy are those of
``benchmarks.replay``.
"""
