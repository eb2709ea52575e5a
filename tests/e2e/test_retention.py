"""A worker's tidying: everything old goes, whatever one chore runs into."""

from datetime import timedelta

import psycopg
import pytest

from bursar.db.database import DatabaseUnavailable
from bursar.install.settings import read_settings
from bursar.main import retention
from bursar.main.parts import assembled

from .install import Install
from .scene import Scene

FORGOTTEN = ("api_request", "sandbox_message", "webhook_delivery", "webhook_attempt", "message_receipt", "binding_code")


def counts(install: Install) -> dict[str, int]:
    return {table: install.value(f"SELECT count(*) FROM {table}") for table in FORGOTTEN}


@pytest.mark.parametrize("fault", [None, DatabaseUnavailable(), psycopg.errors.QueryCanceled()], ids=repr)
async def test_what_is_old_is_gone_and_what_is_business_stays(
    install: Install, scene: Scene, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    customer = scene.customer(kyc=1)
    scene.ok("customer/code/send", {"customerNo": customer, "channel": 1, "email": scene.unused("a") + "@example.com"})
    install.settled()
    settings = read_settings({"DATABASE_URL": install.dsn, "BURSAR_HOME": str(install.home)})
    async with assembled(settings) as parts:
        await retention.tidy(parts)
        before, balances = counts(install), install.balances()
        assert all(before[table] for table in ("api_request", "sandbox_message", "webhook_delivery"))
        await retention.tidy(parts)
        assert counts(install) == before
        await parts.sandbox.clock.advance(timedelta(days=91))
        if fault is not None:
            monkeypatch.setattr(type(parts.requests), "forget_old", failing(fault))
        await retention.tidy(parts)
    after = counts(install)
    assert (after["sandbox_message"], after["webhook_delivery"], after["webhook_attempt"]) == (0, 0, 0)
    assert (after["api_request"] == 0) == (fault is None)
    assert after["binding_code"] == before["binding_code"]
    assert install.balances() == balances
    scene.check_books()


def failing(fault: Exception) -> object:
    async def forget_old(_: object) -> int:
        raise fault

    return forget_old
