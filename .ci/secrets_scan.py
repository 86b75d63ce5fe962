"""Looks for secrets in the files of the tree and in every line that any commit added, by detect-secrets.

What looks like one and is none stands in ``.secrets.baseline`` with ``is_secret: false``; ``--accept`` adds what was
found to it, after somebody has looked at each. Pinned requirements are left out: their hashes are meant.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core import baseline
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

BASELINE = ".secrets.baseline"
LONGEST = 120  # characters shown of a line
REFERENCE = r"\$\{secret:\w+"  # the configuration names secrets
# Tests plant secrets: what is only called one is left out there, what looks like a real one is not.
CALLED_SECRETS = ("Secret Keyword", "Basic Auth Credentials")
LEFT_OUT = ("requirements.txt", "requirements-dev.txt", BASELINE)


def git(*arguments: str) -> str:
    """What git prints in the folder that is scanned, names as they are."""
    command = ["git", "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout


def added_lines() -> dict[str, dict[str, None]]:
    """For each path that was ever committed, the lines that commits added to it, each once and oldest last."""
    lines: dict[str, dict[str, None]] = defaultdict(dict)
    path, in_head = "", False
    options = ("--unified=0", "--diff-merges=separate", "--no-color", "--no-ext-diff", "--no-renames", "--format=")
    for line in git("log", "--all", "--patch", *options).split("\n"):
        if line.startswith("diff --git "):
            path, in_head = "", True
        elif in_head and line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif line.startswith("@@"):
            in_head = False
        elif path and not in_head and line.startswith("+"):
            lines[path][line[1:]] = None
    return lines


def with_the_tree(lines: dict[str, dict[str, None]]) -> dict[str, dict[str, None]]:
    """The same with the lines of the files as they are, committed or not, but for those that git ignores."""
    for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if Path(name).is_file():
            text = Path(name).read_text(encoding="utf-8", errors="replace")
            lines[name].update(dict.fromkeys(text.splitlines()))
    return lines


def findings(lines: dict[str, dict[str, None]]) -> Iterator[PotentialSecret]:
    """What detect-secrets takes for a secret, by path."""
    with tempfile.TemporaryDirectory() as folder, default_settings() as settings:
        settings.filters["detect_secrets.filters.regex.should_exclude_line"] = {"pattern": [REFERENCE]}
        names = [name for name in lines if name not in LEFT_OUT]
        for name in names:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines[name]), encoding="utf-8")
        secrets = SecretsCollection(root=folder)
        secrets.scan_files(*names, num_processors=os.cpu_count() or 1)
        for name, secret in secrets:
            secret.filename = name  # its own is that of the copy
            if not (name.startswith("tests/") and secret.type in CALLED_SECRETS):
                yield secret


def known() -> set[PotentialSecret]:
    """What was looked at and is none."""
    if not Path(BASELINE).exists():
        return set()
    return {secret for _, secret in baseline.load(baseline.load_from_file(BASELINE)) if secret.is_secret is False}


def accept(secrets: Iterable[PotentialSecret]) -> None:
    """Write the baseline, in the form of detect-secrets, whose own ``audit`` can read it."""
    accepted = SecretsCollection()
    for secret in secrets:
        secret.is_secret = False
        accepted[secret.filename].add(secret)
    with default_settings():
        written = baseline.format_for_output(accepted)
    Path(BASELINE).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Scan; the exit code is 1 where something was found that is not in the baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accept", action="store_true", help="what was found is no secret: add it to the baseline")
    asked = parser.parse_args()
    lines = with_the_tree(added_lines())
    found, looked_at = set(findings(lines)), known()
    if asked.accept:
        accept(found | looked_at)
        return 0
    new = sorted(found - looked_at, key=lambda secret: (secret.filename, secret.line_number))
    for secret in new:
        value = secret.secret_value or ""
        line = next((line for line in lines[secret.filename] if value in line), value)
        print(f"{secret.filename}: {secret.type}: {line.strip().replace(value, '***')[:LONGEST]}")
    if new:
        print("Take them out (and out of the history, and change them), or see .ci/secrets_scan.py.", file=sys.stderr)
    return bool(new)


if __name__ == "__main__":
    sys.exit(main())
