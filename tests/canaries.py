"""Secrets that are planted by tests, and the search for them in all that a run leaves."""

from __future__ import annotations

import base64
import traceback
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pandas as pd

from s3_on_loopback import SECRET

# A process that runs AirWatch has them in its environment; no two are alike, and each has what a URL must quote.
PLANTED = {
    "EPA_AQS_EMAIL": "canary.person@example.org",
    "EPA_AQS_API_KEY": "canary/EpaKey+01",
    "AWS_SECRET_ACCESS_KEY": "canary/AwsSecret+02",
    "AWS_SESSION_TOKEN": "canary/AwsToken+03",
    "MLFLOW_TRACKING_PASSWORD": "canary/Mlflow+04",
    "DB_PASSWORD": "canary/Database+05",
    "AIRWATCH_API_KEY": "canary/Api+06",
    "PREFECT_API_KEY": "canary/Prefect+07",
}
IN_ADDRESS = "canary/Address+08"
IN_VAULT = {"EPA_AQS_EMAIL": "canary.vault@example.org", "EPA_AQS_API_KEY": "canary/Vault+09"}


def address(scheme: str, place: str) -> str:
    """An address with a user and a password."""
    return f"{scheme}://someone:{quote(IN_ADDRESS, safe='')}@{place}"


def _spellings(secret: str) -> set[bytes]:
    """A secret plain, as a URL spells it, and within base64, whatever stands before and after it."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    within = (base64.b64encode(bytes(before) + secret.encode() + bytes(2)) for before in range(3))
    # Of the groups of four letters, the first and the last two hold bits of the neighbours.
    return {text.encode() for text in plain} | {text[4:-8] for text in within}


SOUGHT = {
    spelling: name
    for name, secret in [*PLANTED.items(), ("an address", IN_ADDRESS), *IN_VAULT.items(), ("S3", SECRET)]
    for spelling in _spellings(secret)
}


def secrets_in(content: str | bytes) -> set[str]:
    """The names of the secrets that stand in a text or in bytes."""
    content = content.encode() if isinstance(content, str) else content
    return {name for spelling, name in SOUGHT.items() if spelling in content}


def holding(root: Path) -> dict[str, set[str]]:
    """The files under a folder that hold a secret, within a parquet's compression too."""
    found = {}
    for path in (path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":  # names and metadata stand in it plainly, values do not
            words = pd.read_parquet(BytesIO(content)).select_dtypes(exclude=["number", "datetime", "datetimetz"])
            content += "\n".join(str(words[name].unique().tolist()) for name in words).encode()
        if named := secrets_in(content):
            found[str(path.relative_to(root))] = named
    return found


def told_by(error: BaseException) -> str:
    """All that an error tells, with its causes and the errors that it was raised beside."""
    told, links, seen = traceback.format_exception(error), [error], set()
    while links:
        link = links.pop()
        if id(link) not in seen:
            seen.add(id(link))
            told += [str(link), repr(link), repr(link.args)]
            links += [next_ for next_ in (link.__cause__, link.__context__) if next_]
    return "\n".join(told)
