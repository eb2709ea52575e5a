"""`bursar job`: dead work is seen and started again, and what contradicts an end is listed."""

from .install import Install

WHEN = "2026-03-01 12:00+00"


def bury(install: Install, job_id: int, kind: str) -> None:
    install.rows(
        "INSERT INTO job (id, merchant_id, kind, payload, due_at, attempts, dead, last_error)"
        " VALUES (%(id)s, 7, %(kind)s, '{\"secret\": \"hunter2\"}', %(at)s, 20, true, 'ProviderUnavailable: away')",
        {"id": job_id, "kind": kind, "at": WHEN},
    )


def job(install: Install, *words: str) -> str:
    """What the command has said."""
    before = len(install.logged())
    install.launcher.start(["job", *words], install.dsn, install.home, install.port).gone()
    return install.logged()[before:]


def test_dead_jobs_are_listed_and_started_again(stopped: Install):
    bury(stopped, 1, "files.expire")
    bury(stopped, 2, "a.kind")
    bury(stopped, 3, "a.kind")
    said = job(stopped, "list")
    assert (
        "1 files.expire of merchant 7, due since 2026-03-01 12:00, 20 attempts\n    ProviderUnavailable: away\n" in said
    )
    assert "3 dead\n" in said
    assert "hunter2" not in said
    assert "2 dead\n" in job(stopped, "list", "--kind", "a.kind")
    assert "2 due again" in job(stopped, "retry", "2")
    assert "Refused. There is no dead job with this id. NoSuchDeadJob(job_id=2)" in job(stopped, "retry", "2")
    assert "name jobs, or say --all" in job(stopped, "retry")
    assert stopped.rows("SELECT id, dead, attempts FROM job WHERE id < 4 ORDER BY id") == [
        (1, True, 20),
        (2, False, 0),
        (3, True, 20),
    ]
    assert "1 due again" in job(stopped, "retry", "--all", "--kind", "a.kind")
    assert "1 due again" in job(stopped, "retry", "--all")
    assert "0 dead\n" in job(stopped, "list")


def test_what_contradicts_an_end_is_listed(stopped: Install):
    assert "nothing contradicts what stands" in job(stopped, "contradictions")
    stopped.rows(
        "INSERT INTO payout_contradiction (merchant_id, id, payout_id, status, said, reason, at)"
        f" VALUES (7, 1, 99, 'success', 'failed', 'closed', '{WHEN}')"
    )
    stopped.rows(
        "INSERT INTO wallet_alarm (merchant_id, id, kind, subject, detail, at)"
        f" VALUES (7, 1, 'payment_contradicted', 'payment:5', '{{\"chain\": \"tron\"}}', '{WHEN}')"
    )
    said = job(stopped, "contradictions")
    assert "2026-03-01 12:00 payout 99 of merchant 7 is success, the rail says failed (closed)\n" in said
    assert "payment:5 of merchant 7 is booked as paid, the chain says otherwise (chain tron)\n" in said
