import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from airwatch.domain.areas import Area
from airwatch.sandbox.server import serve
from airwatch.sandbox.world import World
from airwatch.services import EpaServices
from airwatch.sources.errors import SourceError
from builders import build_run

HARBOR = Area("site", "99-001-0001")
FIRST, LAST = date(2021, 1, 1), date(2021, 1, 3)


def unasked():
    raise AssertionError("nobody may ask for credentials")


def test_the_sandbox_answers_while_the_block_runs_and_needs_no_credentials(tmp_path):
    services = EpaServices("http://127.0.0.1:1", str(tmp_path / "pace"), unasked)
    with services.open(build_run(source="sandbox")) as client:
        assert client.monitors(["88101"], HARBOR, FIRST, LAST)["parameter_code"].unique().tolist() == ["88101"]
    assert not (tmp_path / "pace").exists(), "the sandbox has no limit to remember"


def test_each_seed_opens_a_region_of_its_own(tmp_path):
    services = EpaServices("", str(tmp_path / "pace"), unasked)

    def first_means(seed):
        with services.open(build_run(source="sandbox", seed=seed)) as client:
            return client.daily_summaries(["88101"], HARBOR, FIRST, LAST)["arithmetic_mean"].tolist()

    assert first_means(20) != first_means(21)


def test_aqs_is_asked_at_its_address_with_the_credentials_of_the_first_request(tmp_path):
    called = []

    def credentials():
        called.append(True)
        return "someone@example.org", "aKey"

    with serve(World(20)) as base_url:
        services = EpaServices(base_url, str(tmp_path / "deep/pace"), credentials)
        with services.open(build_run(source="aqs", area={"state": "99"})) as client:
            assert called == []
            assert len(client.monitors(["88101"], HARBOR, FIRST, LAST)) >= 1
            assert called
    assert (tmp_path / "deep/pace").exists(), "the requests are remembered for the next run"


def test_an_address_that_is_none_is_refused_when_it_is_opened(tmp_path):
    services = EpaServices("aqs.epa.gov", str(tmp_path / "pace"), unasked)
    with (
        pytest.raises(SourceError, match=r"'aqs\.epa\.gov' is no base URL"),
        services.open(build_run(source="aqs", area={"state": "06"})),
    ):
        pass


def test_credentials_are_not_shown():
    assert "aKey" not in repr(EpaServices("http://x", "pace", lambda: ("someone@example.org", "aKey")))


SUSPENDED = """
from airwatch.services import EpaServices
from builders import build_run

def fetch():
    with EpaServices("", "", lambda: ("", "")).open(build_run(source="sandbox")) as client:
        yield client

left = fetch()
next(left)
left_for_the_end = [left]
left_for_the_end.append(left_for_the_end)
raise SystemExit(3)
"""


def test_a_process_that_leaves_the_sandbox_open_ends_all_the_same():
    ended = subprocess.run(
        [sys.executable, "-c", SUSPENDED], cwd=Path(__file__).parent, timeout=60, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr.decode()) == (3, "")
