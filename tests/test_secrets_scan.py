import subprocess
import sys

import pytest

from conftest import PROJECT

KEY = "AKIA" + "ZQ3DRSTUVWXY2MK7"  # in one piece it would be found here


@pytest.fixture
def repository(tmp_path):
    """``commit(text)`` commits ``settings.txt`` to a repository of the test's own."""

    def git(*arguments):
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def commit(text):
        (tmp_path / "settings.txt").write_text(text)
        git("add", ".")
        git("commit", "-m", "a change")

    git("init")
    commit("region\n")
    return commit


def scan(folder, *options):
    script = [sys.executable, str(PROJECT / ".ci/secrets_scan.py"), *options]
    return subprocess.run(script, cwd=folder, capture_output=True, text=True, timeout=60)


def test_a_key_that_was_committed_once_is_found_though_it_is_gone_and_is_not_shown(repository, tmp_path):
    repository(f"key {KEY}\n")
    repository("region\n")
    done = scan(tmp_path)
    assert (done.returncode, done.stdout) == (1, "settings.txt: AWS Access Key: key ***\n"), done.stderr


def test_a_key_in_a_file_of_any_name_is_found(repository, tmp_path):
    (tmp_path / "clé.txt").write_text(KEY)
    repository("region\n\n")
    (tmp_path / "clé.txt").unlink()
    repository("region\n")
    assert scan(tmp_path).stdout == "clé.txt: AWS Access Key: ***\n"


def test_a_key_that_is_not_committed_yet_is_found_and_one_that_was_accepted_is_not(repository, tmp_path):
    (tmp_path / "new.txt").write_text(KEY)
    assert scan(tmp_path).stdout == "new.txt: AWS Access Key: ***\n"
    assert scan(tmp_path, "--accept").returncode == 0
    assert scan(tmp_path).returncode == 0
