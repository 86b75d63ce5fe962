"""CBSA codes by the names under which EPA lists sites."""

import pytest

from airwatch.domain.cbsas import cbsa_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Los Angeles-Long Beach-Anaheim, CA", "31080"),
        ("Aberdeen, SD", "10100"),
        ("Española, NM", "21580"),
        ("Espa?ola, NM", "21580"),
        ("Ca\ufffdon City, CO", "15860"),
        ("Atlantis, XX", None),
        (None, None),
    ],
)
def test_a_name_has_its_code_however_its_letters_came_through(name: str | None, code: str | None) -> None:
    assert cbsa_code(name) == code
