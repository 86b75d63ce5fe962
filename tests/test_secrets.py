"""Where the value of a secret is found, and what is said where it is not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from airwatch import secrets
from airwatch.secrets import MissingSecretError, SecretsManagerError, reference, reveal
from aws_on_loopback import client

VAULT = "airwatch/prod"
NAME = "A_SECRET_OF_THIS_TEST"
FROM_VAULT = reference(NAME, VAULT)


def store(text: str | bytes) -> None:
    """Keep a text, or bytes, as the secret of prod."""
    kind = {"SecretString": text} if isinstance(text, str) else {"SecretBinary": text}
    client("secretsmanager").create_secret(Name=VAULT, **kind)


def refusal(text: str = FROM_VAULT) -> str:
    """The one line that comes instead of a value, nothing behind it."""
    with pytest.raises(MissingSecretError) as refused:
        reveal(text)
    assert refused.value.__cause__ is None
    assert len(str(refused.value).splitlines()) == 1
    return str(refused.value)


def test_a_reference_reveals_the_value_of_its_variable():
    assert reveal(reference("NAME"), {"NAME": " value\n"}) == "value"


def test_a_text_that_is_no_reference_is_its_own_value():
    assert reveal("plain", {}) == "plain"


def test_reveal_looks_into_the_environment_at_the_time_of_use(monkeypatch):
    monkeypatch.setenv(NAME, "late")
    assert reveal(reference(NAME)) == "late"


@pytest.mark.parametrize("environment", [{}, {"EPA_AQS_API_KEY": ""}, {"EPA_AQS_API_KEY": "  "}])
def test_a_missing_secret_names_the_variable_who_needs_it_and_where_to_get_one(environment):
    with pytest.raises(MissingSecretError) as missing:
        reveal("secret:EPA_AQS_API_KEY", environment)
    told = str(missing.value)
    assert told.startswith("EPA_AQS_API_KEY is not set: source=aqs needs it")
    assert "https://aqs.epa.gov/data/api/signup?email=" in told
    assert ".env" in told


def test_a_missing_secret_without_a_remedy_of_its_own_names_env():
    with pytest.raises(MissingSecretError, match=r"OTHER is not set: put it into \.env or the environment\."):
        reveal("secret:OTHER", {})


def test_what_the_environment_lacks_is_found_in_secrets_manager(aws):
    store(json.dumps({NAME: "kept in the vault", "PORT": 5432}))
    assert reveal(FROM_VAULT) == "kept in the vault"
    assert reveal(reference("PORT", VAULT)) == "5432"


def test_an_arn_names_the_secret_too(aws):
    store(json.dumps({NAME: "kept in the vault"}))
    arn = client("secretsmanager").describe_secret(SecretId=VAULT)["ARN"]
    assert reveal(reference(NAME, arn)) == "kept in the vault"


def test_the_environment_comes_before_secrets_manager_which_is_not_asked(monkeypatch):
    monkeypatch.setenv(NAME, "kept here")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody answers there
    assert reveal(FROM_VAULT) == "kept here"


def test_a_secret_is_fetched_once_for_all_threads_and_again_when_forgotten(aws):
    store(json.dumps({NAME: "first"}))
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(reveal, [FROM_VAULT] * 16)) == {"first"}
    client("secretsmanager").put_secret_value(SecretId=VAULT, SecretString=json.dumps({NAME: "second"}))
    assert reveal(FROM_VAULT) == "first"
    secrets.forget()
    assert reveal(FROM_VAULT) == "second"


def test_what_neither_holds_names_both_places(aws):
    store(json.dumps({NAME: None, "EPA_AQS_API_KEY": ""}))
    where = "nor in the secret airwatch/prod of AWS Secrets Manager"
    assert refusal() == f"{NAME} is not set, {where}: put it into .env or the environment."
    told = refusal(reference("EPA_AQS_API_KEY", VAULT))
    assert told.startswith(f"EPA_AQS_API_KEY is not set, {where}: source=aqs needs it: EPA mails it after sign-up")


def test_a_secret_that_is_not_there_is_told_and_looked_for_again(aws):
    assert "there is no such secret in this account and region; create it, check AWS_REGION" in refusal()
    store(json.dumps({NAME: "made since"}))
    assert reveal(FROM_VAULT) == "made since"


@pytest.mark.parametrize("text", ["canary-not-json", '["canary"]', '{"A_SECRET_OF_THIS_TEST": {"canary": 1}}'])
def test_a_secret_of_another_shape_is_told_without_a_word_of_it(aws, text):
    store(text)
    with pytest.raises(SecretsManagerError, match=r"airwatch/prod of AWS Secrets Manager is no JSON object") as told:
        reveal(FROM_VAULT)
    assert "canary" not in str(told.value)
    assert told.value.__context__ is None, "an error of json carries the whole text"


def test_a_secret_of_bytes_is_told(aws):
    store(b"canary")
    assert "it holds bytes, not text" in refusal()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"AWS_PROFILE": "nobody"}, "AWS_PROFILE names a profile that is not in ~/.aws"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "AWS_ENDPOINT_URL is no address"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "it cannot be reached; check the network and AWS_ENDPOINT_URL"),
        ({"AWS_DEFAULT_REGION": None}, "no region; set AWS_REGION"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no AWS credentials; set AWS_ACCESS_KEY_ID and"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "no AWS credentials; set AWS_ACCESS_KEY_ID and"),
    ],
)
def test_what_keeps_secrets_manager_from_answering_is_named(aws, monkeypatch, tmp_path, changed, told):
    monkeypatch.setattr(secrets, "ATTEMPTS", 1)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name, value in changed.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    line = refusal()
    assert line.startswith(f"{NAME} is not set, and AWS Secrets Manager did not give airwatch/prod: {told}")
    assert line.endswith("or put the variable into .env or the environment.")


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "AccessDeniedException", "let this key or role do secretsmanager:GetSecretValue"),
        (400, "UnrecognizedClientException", "check AWS_ACCESS_KEY_ID"),
        (400, "InvalidSignatureException", "check AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredTokenException", "the session has ended: get a new AWS_SESSION_TOKEN"),
        (403, "AnotherOne", "check AWS_ACCESS_KEY_ID"),
        (400, "AnotherOne", "see docs/production.md"),
    ],
)
def test_a_refusal_of_aws_is_told_by_its_code_with_the_remedy(aws, answering, monkeypatch, status, code, told):
    answer = {"__type": code, "message": "canary of AWS"}
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(status, json.dumps(answer).encode()).url)
    line = refusal()
    assert f"AWS Secrets Manager did not give airwatch/prod: {code}: {told}" in line
    assert "canary" not in line
