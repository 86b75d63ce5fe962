"""How fast AirWatch is, and in how much memory: ratios against peers and against the limit of the machine.

Every figure is a ratio of medians of runs that took turns in one process; all data are generated from a seed.
"""
