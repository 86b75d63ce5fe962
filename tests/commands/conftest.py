import logging

import pytest
from typer.testing import CliRunner

from airwatch.commands.app import app


@pytest.fixture
def command():
    """``command("sandbox", ...)``, which quiets the log; the tests after it are to hear it again."""
    logger = logging.getLogger("airwatch")
    level = logger.level
    yield lambda *arguments: CliRunner().invoke(app, list(arguments))
    logger.setLevel(level)
