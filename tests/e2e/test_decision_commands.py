"""`bursar decision`, `find` and `timeline`: what waits is listed, decided as whoever has the token, and told."""

from .install import Install
from .test_job_commands import bury
from .test_staff_commands import as_json, bursar, token_of


def test_what_waits_is_decided_by_the_person_of_a_token(stopped: Install) -> None:
    bursar(stopped, "staff", "add", "otto@example.com", "--name", "otto", "--role", "operations")
    bursar(stopped, "staff", "add", "sam@example.com", "--name", "sam", "--role", "support")
    otto, sam = token_of(stopped, "otto@example.com", "operations"), token_of(stopped, "sam@example.com", "support")
    bury(stopped, 11, "a.kind")
    listed = as_json(stopped, "decision", "list", "--kind", "job", BURSAR_TOKEN=sam)
    assert [each["id"] for each in listed["waiting"]] == ["job-7-11"]
    assert "job-7-11" in bursar(stopped, "decision", "list")
    decide = ("decision", "decide", "job-7-11", "retry", "--reason", "bank is back")
    assert "do not have the permission" in bursar(stopped, *decide, BURSAR_TOKEN=sam)
    assert as_json(stopped, "decision", "show", "job-7-11")["waiting"]["results"] == ["retry", "cancel"]
    assert "done: 11" in bursar(stopped, *decide, BURSAR_TOKEN=otto)
    assert "Somebody else has decided on it" in bursar(stopped, *decide, BURSAR_TOKEN=otto)
    [made] = as_json(stopped, "decision", "show", "job-7-11")["made"]
    assert (made["result"], made["reason"], made["by"].startswith("token:")) == ("retry", "bank is back", True)
    assert stopped.rows("SELECT dead FROM job WHERE id = 11") == [(False,)]


def test_what_nobody_has_is_not_found(stopped: Install) -> None:
    assert as_json(stopped, "find", "nothing of ours") == []
    assert "Nothing of this name was ever here" in bursar(stopped, "timeline", "payout-1-5")
    assert "named by its kind" in bursar(stopped, "decision", "show", "payout")
