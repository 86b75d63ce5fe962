"""Fixtures that several parts of the test suite use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A loaded machine makes a slow example, not a wrong one.
settings.register_profile("airwatch", deadline=None)
settings.load_profile("airwatch")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real EPA data beside the checkout; tests that need it are skipped without it."""
    folder = Path(__file__).resolve().parents[1] / "../shared/data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not beside this checkout")
    return folder.resolve()
