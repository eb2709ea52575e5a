"""The sandbox's outbox: what would have gone out, newest first, with its codes."""

import pytest

from bursar.kernel.errors import Fact, ProviderRefused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.messages.model import ReceiptStatus
from tests.messages.desk import Desk


async def test_outbox_shows_mail_and_texts_newest_first(desk: Desk) -> None:
    await desk.mail.send("amelia@example.com", "Hello", "123456 is your code.")
    desk.wait(seconds=1)
    message_id = await desk.sms.send("+447400123456", "No code in here, but 12345678901.")
    shown = [(m.channel, m.recipient, m.text, m.code, m.at) for m in await desk.outbox.list_newest()]
    now = desk.clock.now()
    assert [row[:4] for row in shown] == [
        ("sms", "+447400123456", "No code in here, but 12345678901.", None),
        ("mail", "amelia@example.com", "Hello\n\n123456 is your code.", "123456"),
    ]
    assert [(now - row[4]).total_seconds() for row in shown] == [0, 1]
    assert await desk.receipts.status_of(message_id) is ReceiptStatus.DELIVERED


async def test_outbox_shows_a_bounded_number(desk: Desk) -> None:
    for number in range(501):
        await desk.mail.send("amelia@example.com", "Hello", str(number))
    newest = await desk.outbox.list_newest()
    assert (len(newest), newest[0].text) == (500, "Hello\n\n500")


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [
        ("refuse", ProviderRefused),
        ("error", GatewayFailed),
        ("timeout", GatewayUnreachable),
        ("unreachable", GatewayUnreachable),
    ],
)
async def test_planted_faults_strike_once_and_nothing_goes_out(desk: Desk, outcome: str, fact: type[Fact]) -> None:
    await desk.house.fault("mail.send", outcome)
    await desk.house.fault("sms.send", outcome)
    with pytest.raises(fact):
        await desk.mail.send("amelia@example.com", "Hello", "text")
    with pytest.raises(fact):
        await desk.sms.send("+447400123456", "text")
    assert await desk.outbox.list_newest() == []
    await desk.mail.send("amelia@example.com", "Hello", "text")
    assert len(await desk.outbox.list_newest()) == 1
