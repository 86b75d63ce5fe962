"""The policy of docs/production.md, by AWS's rules as moto keeps them: it is enough, and none of it is too much.

Moto does not know which secret is asked for, nor does it ask who deletes several objects at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from airwatch import storage
from airwatch.secrets import MissingSecretError, reference, reveal
from airwatch.stores.errors import StorageError
from aws_on_loopback import client
from conftest import PROJECT

DATA, ARTIFACTS, VAULT = "airwatch-data", "airwatch-artifacts", "airwatch/prod"
[POLICY] = re.findall(r'```json\n(\{\s+"Version".*?)```', (PROJECT / "docs/production.md").read_text(), re.DOTALL)


@pytest.fixture
def allowed(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """``allowed(policy)``: from now on this process is a user who may do that much, and moto asks who asks."""
    for bucket in (DATA, ARTIFACTS):
        client("s3").create_bucket(Bucket=bucket)
    client("secretsmanager").create_secret(Name=VAULT, SecretString=json.dumps({"A_SECRET_OF_THIS_TEST": "value"}))
    iam = client("iam")
    iam.create_user(UserName="runner")
    key = iam.create_access_key(UserName="runner")["AccessKey"]

    def as_runner(policy: str) -> None:
        iam.put_user_policy(UserName="runner", PolicyName="all", PolicyDocument=policy)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        requests.post(f"{aws}/moto-api/reset-auth", data="0", timeout=10)

    yield as_runner
    requests.post(f"{aws}/moto-api/reset-auth", data="inf", timeout=10)


def policy(without: str = "") -> str:
    """The policy of the page, with the names of the test, and perhaps with one action less."""
    named = POLICY.replace("DATA_BUCKET", DATA).replace("ARTIFACTS_BUCKET", ARTIFACTS)
    named = re.sub(r'"arn:aws:secretsmanager:[^"]*"', '"*"', named)
    return named.replace(f'"{without}"', '"s3:ListAllMyBuckets"') if without else named


def tables() -> None:
    """What runs do with tables: look for one, write it, write it again, read it, list and delete."""
    fs, path = storage.opened(f"s3://{DATA}/processed/primary/sites.parquet")
    assert not fs.exists(path)
    first = storage.write_whole(fs, path, lambda file: file.write(b"one"), over=None)
    storage.write_whole(fs, path, lambda file: file.write(b"two"), over=first)
    assert fs.cat(path) == b"two"
    assert fs.find(f"{DATA}/processed") == [path]
    fs.rm(path)


def artifacts(tmp_path: Path) -> None:
    """What MLflow's client does with the files of a run."""
    from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

    (tmp_path / "card.md").write_text("card")
    repository = S3ArtifactRepository(f"s3://{ARTIFACTS}/mlflow/1/run/artifacts")
    repository.log_artifact(str(tmp_path / "card.md"))
    assert [found.path for found in repository.list_artifacts()] == ["card.md"]
    assert Path(repository.download_artifacts("card.md")).read_text() == "card"
    repository.delete_artifacts()


def test_the_policy_is_enough(allowed, tmp_path):
    allowed(policy())
    tables()
    artifacts(tmp_path)
    assert reveal(reference("A_SECRET_OF_THIS_TEST", VAULT)) == "value"


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject", "s3:PutObject"])
def test_no_action_on_a_bucket_is_too_much(allowed, action):
    allowed(policy(without=action))
    with pytest.raises(StorageError, match=r"s3://airwatch-data refused \w+ \(\w+\): check AWS_ACCESS_KEY_ID"):
        tables()


def test_the_secret_is_refused_without_its_action(allowed):
    allowed(policy(without="secretsmanager:GetSecretValue"))
    with pytest.raises(MissingSecretError, match=r"AWS Secrets Manager did not give airwatch/prod"):
        reveal(reference("A_SECRET_OF_THIS_TEST", VAULT))
