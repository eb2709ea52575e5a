"""A sandbox's pages: the clock, faults, a purchase on a card, coins that arrive. A live install does not have them."""

from typing import Final

from bursar.api.play import NotPlayed, Playing
from bursar.console.fields import read_choice
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/sandbox", MerchantPermission.SANDBOX_PLAY)
STEPS_S: Final = (60, 3_600, 86_400, 604_800)
"""Steps of the clock, in seconds."""


@page.shows
async def show(visit: UserVisit) -> Shown:
    """The sandbox as it stands; raises NotPlayed."""
    return Shown("merchant/sandbox.html", {"board": await _play(visit).board(visit.book), "steps": STEPS_S})


@page.change("clock")
async def move_clock(visit: UserVisit) -> Moved:
    """Move the clock on."""
    read_choice(visit.form.get("seconds", ""), map(str, STEPS_S))
    return await _played(visit, "clock", "note.clock_moved")


@page.change("fault")
async def plant_fault(visit: UserVisit) -> Moved:
    """Let the next calls of a provider go wrong."""
    return await _played(visit, "fault", "note.fault_planted")


@page.change("no_faults")
async def clear_faults(visit: UserVisit) -> Moved:
    """Let nothing go wrong any more."""
    return await _played(visit, "no_faults", "note.faults_cleared")


@page.change("spend")
async def spend(visit: UserVisit) -> Moved:
    """Ask for a purchase on a card, as a shop does; raises NotPlayed with the code of a decline."""
    answer = await _play(visit).play(visit.book, "spend", visit.form)
    if answer != "00":
        raise NotPlayed(f"The card declined: response code {answer}.")
    return Moved("/sandbox", "note.spent")


@page.change("deposit")
async def deposit(visit: UserVisit) -> Moved:
    """Send coins to an address of the merchant's, as somebody outside does."""
    return await _played(visit, "deposit", "note.deposited")


@page.change("example")
async def push_example(visit: UserVisit) -> Moved:
    """Push an example of an event; nothing happens."""
    await _play(visit).play(visit.book, "example", visit.form)
    return Moved("/webhooks", "note.example_pushed")


@page.change("no_pushes")
async def clear_pushes(visit: UserVisit) -> Moved:
    """Empty the log of pushes; what waits is not pushed any more."""
    return await _played(visit, "no_pushes", "note.pushes_cleared")


async def _played(visit: UserVisit, call: str, note: str) -> Moved:
    await _play(visit).play(visit.book, call, visit.form)
    return Moved("/sandbox", note)


def _play(visit: UserVisit) -> Playing:
    play = visit.services.play
    assert play is not None, "the pages of a sandbox are served in a sandbox alone"
    return play
