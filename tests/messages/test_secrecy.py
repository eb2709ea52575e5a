"""Codes, passwords, addresses and numbers: planted everywhere, found nowhere but where they belong."""

import re
from typing import LiteralString, cast

import pytest
import structlog
from prometheus_client import generate_latest

from bursar.kernel.errors import Fact
from tests.messages.desk import Desk

PASSWORD, NEXT, WRONG = "918273", "827364", "736455"
EMAIL, NUMBER, MOBILE = "planted@example.com", "7400654321", "533445566"
ALLOWED = ("sandbox_message", "customer")
"""The outbox is there to be read; a customer's address is the merchant's own."""


async def everything(desk: Desk) -> dict[str, str]:
    """All tables as text."""
    async with desk.house.database.connection() as connection:
        rows = await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row[0] for row in await rows.fetchall() if row[0] != "migration"]
        found = {}
        for name in names:
            text = f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {name} AS t"
            row = await (await connection.execute(cast(LiteralString, text))).fetchone()
            found[name] = str(row[0]) if row else ""
        return found


async def use_everything(desk: Desk) -> tuple[list[str], list[Fact]]:
    """Every use case with a secret in it, right and wrong; the codes that went out, and the facts that were raised."""
    facts: list[Fact] = []
    codes: list[str] = []

    async def attempt(call: object) -> None:
        try:
            await call  # type: ignore[misc]
        except Fact as fact:
            facts.append(fact)

    customer = await desk.house.customer()
    verification, binding, otp = desk.verification, desk.binding, desk.otp
    await attempt(verification.set(desk.ctx(), PASSWORD, PASSWORD))
    await attempt(verification.set(desk.ctx(), PASSWORD, PASSWORD))
    await attempt(verification.enable(desk.ctx(), True, PASSWORD))
    await attempt(verification.update(desk.ctx(), WRONG, NEXT, NEXT))
    await attempt(verification.update(desk.ctx(), PASSWORD, NEXT, NEXT))
    for _ in range(6):
        await attempt(verification.check(desk.ctx(), WRONG))
    await binding.send_email_code(desk.ctx(), customer, EMAIL)
    codes.append(await desk.code())
    await attempt(binding.bind_email(desk.ctx(), customer, EMAIL, WRONG))
    await attempt(binding.bind_email(desk.ctx(), customer, EMAIL, codes[-1]))
    await binding.send_phone_code(desk.ctx(), customer, "+44", NUMBER)
    codes.append(await desk.code())
    await attempt(binding.bind_phone(desk.ctx(), customer, "+44", NUMBER, WRONG))
    await attempt(binding.bind_phone(desk.ctx(), customer, "+44", NUMBER, codes[-1]))
    session = (await otp.send(desk.ctx(), MOBILE, "Bursar")).session
    codes.append(await desk.code())
    await attempt(otp.check(desk.ctx(), MOBILE, WRONG, session))
    await attempt(otp.check(desk.ctx(), MOBILE, codes[-1], session))
    for place, send in (
        ("mail.send", lambda: binding.send_email_code(desk.ctx(), customer, EMAIL)),
        ("sms.send", lambda: otp.send(desk.ctx(), MOBILE, "Bursar")),
    ):
        desk.wait(minutes=2)
        await desk.house.fault(place, "error")
        await attempt(send())
    return codes, facts


async def test_planted_secrets_are_in_no_table_log_metric_or_error(
    desk: Desk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logs, caplog.at_level("DEBUG"):
        codes, facts = await use_everything(desk)
    secrets = [PASSWORD, NEXT, WRONG, *codes]
    personal = [EMAIL, NUMBER, MOBILE]
    tables = {name: text for name, text in (await everything(desk)).items() if name not in ALLOWED}
    assert tables["guess"]  # wrong tries were made, and are on record
    assert len(facts) >= 10
    for name, text in tables.items():
        assert not _holds(text, secrets + personal), name
    told = [*map(repr, facts), *map(str, facts), *map(repr, logs), caplog.text, *capsys.readouterr()]
    told.append(generate_latest().decode())
    for text in told:
        assert not _holds(text, secrets + personal)


async def test_the_scan_finds_what_is_there(desk: Desk) -> None:
    codes, _ = await use_everything(desk)
    tables = await everything(desk)
    assert _holds(tables["sandbox_message"], codes)
    assert _holds(tables["customer"], [EMAIL])
    assert _holds(f"code={PASSWORD}.", [PASSWORD])
    assert not _holds(f"1{PASSWORD}", [PASSWORD])


def _holds(text: str, planted: list[str]) -> bool:
    """Whether a planted value stands in a text by itself: ids and hashes hold any six digits in a row now and then."""
    return any(re.search(rf"(?<![0-9a-f]){re.escape(value)}(?![0-9a-f])", text) for value in planted)
