"""Objects found by any of their numbers, and their timelines."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.schemas.decisions import Name
from bursar.api.operator.schemas.lookup import FoundList, FoundOut, MomentOut, SearchQuery, TimelineOut
from bursar.decisions.model import Ref
from bursar.lookup.errors import ObjectUnknown, SearchUnusable
from bursar.staff.roles import Permission

route = Route("Search", "Orders, cards, customers, payees, deposits and verifications of any merchant.")


@route.get("/search", Permission.ORDERS_READ, refuses=(SearchUnusable,))
async def search(call: Call, query: SearchQuery) -> FoundList:
    """Find objects, of the kinds that the caller may see."""
    found = await call.services.lookup.find(call.ctx, call.by, query.text)
    return FoundList(items=[FoundOut.of(each) for each in found])


@route.get("/timelines/{object_id}", Permission.ORDERS_READ, refuses=(ObjectUnknown,))
async def get_timeline(call: Call, object_id: Name) -> TimelineOut:
    """Show all that has happened to an object.

    Requests of the merchant, operations of the ledger with their entries, decisions, due work that is not done, signed
    transactions, files to and from the bank, pushes with their attempts, and the records of the audit for those who may
    read it.
    """
    moments = await call.services.lookup.timeline(call.ctx, call.by, Ref.read(object_id))
    return TimelineOut(moments=[MomentOut.of(moment) for moment in moments])
