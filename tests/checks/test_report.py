import threading
import time

from airwatch.checks.report import Finding, Status, error, examine, ok, skipped, warning, worst


def breaks():
    raise ValueError("the reason")


def test_a_check_that_breaks_is_an_error_and_the_others_are_made():
    found = examine({"broken": breaks, "sound": lambda: ok("fine")})
    assert found == {"broken": Finding(Status.ERROR, "the reason"), "sound": ok("fine")}


def test_a_check_that_hangs_is_not_waited_for():
    hung = threading.Event()
    begun = time.monotonic()
    found = examine({"hanging": lambda: ok(str(hung.wait(60))), "sound": lambda: ok("fine")}, longest_s=0.2)
    assert time.monotonic() - begun < 5
    hung.set()
    assert found["hanging"].status is Status.ERROR
    assert found["hanging"].found == "no answer within 0.2 s"
    assert found["sound"] == ok("fine")


def test_checks_are_made_at_once():
    both = threading.Barrier(2, timeout=5)
    found = examine({name: lambda: ok(str(both.wait() < 2)) for name in ("one", "other")})
    assert {finding.status for finding in found.values()} == {Status.OK}


def test_the_order_is_that_of_the_checks():
    first = threading.Event()
    checks = {"slow": lambda: ok(str(first.wait(5))), "quick": lambda: ok(str(first.set()))}
    assert list(examine(checks)) == ["slow", "quick"]


def test_no_finding_holds_a_secret(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-a-key")

    def tells():
        raise ValueError("refused canary-of-a-key at https://someone:of-a-password@host/")

    found = examine({"raised": tells, "told": lambda: warning("canary-of-a-key", "not canary-of-a-key")})
    assert "canary" not in str(found)
    assert "of-a-password" not in str(found)


def test_the_worst_decides():
    assert worst({"a": ok(""), "b": skipped("")}) is Status.OK
    assert worst({"a": ok(""), "b": warning("", "")}) is Status.WARNING
    assert worst({"a": error("", ""), "b": warning("", "")}) is Status.ERROR
