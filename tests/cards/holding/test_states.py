"""The tables: every event has one answer in every status, and the page that is drawn from them says the same."""

import re
from typing import Any

import pytest
from tools.state_machines import TABLES, render

from bursar.cards.model import CardStatus
from bursar.cards.states import CARD, CardEvent, unfreezing
from bursar.kernel.errors import Fact
from bursar.kernel.states import StateTable

PAIRS = [(table, event, status) for table in TABLES for event in table.steps for status in table.statuses]


@pytest.mark.parametrize(("table", "event", "status"), PAIRS, ids=lambda part: getattr(part, "name", str(part)))
def test_every_event_has_one_answer_in_every_status(table: "StateTable[Any, Any]", event: str, status: str) -> None:
    refusal = table.refusal(event, 7, status)
    assert (refusal is None) == (status in table.allowing(event))
    if refusal is None:
        assert table.after(event, 7, status) in table.statuses
        return
    assert isinstance(refusal, Fact)
    with pytest.raises(type(refusal)):
        table.after(event, 7, status)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_status_can_be_reached(table: "StateTable[Any, Any]") -> None:
    reached = set(table.starts)
    while True:
        more = {after for step in table.steps.values() for before, after in step.to.items() if before in reached}
        if more <= reached:
            break
        reached |= more
    unreachable = {status.value for status in table.statuses} - {status.value for status in reached}
    assert unreachable == ({"cancelled"} if table.name.endswith("order") else set())


def test_nothing_leaves_a_cancelled_or_failed_card() -> None:
    for step in CARD.steps.values():
        assert step.to.get(CardStatus.FAILED) is None
        assert step.to.get(CardStatus.CANCELLED) in (None, CardStatus.CANCELLED)


def test_only_a_normal_card_is_spent_from_and_loaded() -> None:
    for event in (CardEvent.SPEND, CardEvent.RECHARGE, CardEvent.CHALLENGE, CardEvent.SET_PIN):
        assert CARD.allowing(event) == {"normal"}


def test_a_card_is_unfrozen_to_what_it_was_frozen_in() -> None:
    for status in CARD.allowing(CardEvent.FREEZE):
        assert CARD.after(unfreezing(status), 7, "frozen") == status


def test_the_page_draws_every_move_and_names_every_refusal() -> None:
    page = render()
    for table in TABLES:
        for event, step in table.steps.items():
            for before, after in step.to.items():
                if before != after:
                    assert f"    {before} --> {after}: {event}" in page
    assert page.count("```mermaid") == len(TABLES)
    assert "card is locked already" in page
    assert re.search(r"[^\n]\n\Z", page)
