"""EPA on loopback for the tests of bad input: the sandbox's replies, spoilt as a test wants."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import Result

from airwatch.sandbox.protocol import Answer, answer
from airwatch.sandbox.world import World
from airwatch.sources.http import PoliteSession

# A site of the sandbox, without its neighbours.
HARBOR = "area.site=99-001-0001,neighbourhood_km=0,first_year=2021,pollutants=pm25,requests_per_minute=600"
ASKED = f"source=aqs,{HARBOR},as_of=2021-06-30"
ARCHIVE = "01_raw/aqs/aqs"
SUMMARIES = "02_intermediate/daily_summaries.parquet"

Airwatch = Callable[..., Result]


class Epa:
    """AQS on loopback: the sandbox's replies, spoilt as a test wants, and the queries that came."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queries: list[dict[str, str]] = []
        self.spoil: Callable[[str, str], str] = lambda service, body: body

    def reply(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        service, _, name = parts.path.removeprefix("/data/api/").partition("/")
        self.queries.append(dict(parse_qsl(parts.query)))
        found: Answer = answer(self.world, service, name, self.queries[-1])
        head = {"status": found.status, "url": f"http://aqs{path}", "error": list(found.errors)}
        return found.code, self.spoil(service, f'{{"Header": [{json.dumps(head)}], "Data": {found.data}}}').encode()


@pytest.fixture(scope="module")
def world() -> World:
    return World(20)


@pytest.fixture
def epa(world: World, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Epa]:
    """EPA as the run of a test reaches it, with credentials that it accepts, and no pause between attempts."""
    served = Epa(world)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = served.reply(self.path)
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
    monkeypatch.setenv("EPA_AQS_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/data/api")
    monkeypatch.setenv("EPA_AQS_EMAIL", "someone@example.org")
    monkeypatch.setenv("EPA_AQS_API_KEY", "aKeyThatIsGood")
    monkeypatch.setitem(PoliteSession.__init__.__kwdefaults__, "sleep", lambda seconds: None)
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def ingest(airwatch: Airwatch) -> Callable[[str], Result]:
    return lambda params: airwatch("run", "--pipelines", "ingestion", "--params", params)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``stored`` keeps what the first run of a module has stored."""
    return tmp_path_factory.mktemp("ingested") / "data"


@pytest.fixture
def stored(epa: Epa, ingest: Callable[[str], Result], data_root: Path, ingested: Path) -> Path:
    """A data root in which half a year of one site was ingested."""
    if ingested.exists():
        return shutil.copytree(ingested, data_root, dirs_exist_ok=True)
    result = ingest(ASKED)
    assert result.exit_code == 0, result.output
    shutil.copytree(data_root, ingested)
    return data_root


def one_line(result: Result) -> str:
    """The line that a refused run ends with."""
    assert isinstance(result.exception, SystemExit), "an exception got through"
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def files(root: Path) -> set[str]:
    """What lies in a data root, but for MLflow's own and the record of requests."""
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink()}
    return {name for name in found if not name.startswith(("mlflow", "01_raw/request_pace"))}
