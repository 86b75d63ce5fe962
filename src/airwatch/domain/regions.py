"""EPA's ten regions: the states that each regional office looks after (40 CFR 1.7)."""

from __future__ import annotations

# State and territory codes as AQS writes them, in the order of the rule.
REGIONS: dict[int, tuple[str, ...]] = {
    1: ("09", "23", "25", "33", "44", "50"),
    2: ("34", "36", "72", "78"),
    3: ("10", "11", "24", "42", "51", "54"),
    4: ("01", "12", "13", "21", "28", "37", "45", "47"),
    5: ("17", "18", "26", "27", "39", "55"),
    6: ("05", "22", "35", "40", "48"),
    7: ("19", "20", "29", "31"),
    8: ("08", "30", "38", "46", "49", "56"),
    9: ("04", "06", "15", "32", "60", "66", "69"),
    10: ("02", "16", "41", "53"),
}
_REGION_OF_STATE = {state: region for region, states in REGIONS.items() for state in states}


def region_of(state: str) -> int | None:
    """The EPA region of a state or territory by its two-character code; ``None`` outside, as in Canada (CC)."""
    return _REGION_OF_STATE.get(state)
