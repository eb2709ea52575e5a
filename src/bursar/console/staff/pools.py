"""Pools: every coin on every chain of the install as it is now."""

from typing import Final

from bursar.console.page import Shown
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.staff.roles import Permission

page: Final = StaffPage("/pools", Permission.POOLS_READ)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """All of them, chain by chain, with limits and fee in whole coins."""
    found = await visit.services.administration.terms.list_pools(visit.ctx, visit.by)
    return Shown("staff/pools.html", {"pools": [(pool, pool.settings) for pool in found]})
