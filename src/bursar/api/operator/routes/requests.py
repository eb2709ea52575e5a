"""The request log of both merchant APIs."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.requests import RequestContentOut, RequestOut, RequestQuery, RequestRow
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.lookup.errors import ObjectUnknown, PathOfEverybody
from bursar.staff.roles import Permission

route = Route("Requests", "The request log of both merchant APIs: who was refused, and why.")


@route.get("/requests", Permission.REQUESTS_READ, refuses=(PathOfEverybody,))
async def list_requests(call: Call, query: RequestQuery) -> Listed[RequestRow]:
    """List requests as they arrived, newest first.

    In a live install these are requests that named a key of a merchant whose requests are recorded, and while there is
    one, a few that named nobody's key. In a sandbox they are all.
    """
    behind = read_instant(query.after, query.sort)
    found = await call.services.requests.list_requests(call.ctx, call.by, query.filter(), behind, query.limit + 1)
    return page(found, query.limit, RequestRow.of, lambda each: write_cursor(query.sort, each.at.isoformat(), each.id))


@route.get("/requests/{record_id}", Permission.REQUESTS_READ, refuses=(ObjectUnknown,))
async def get_request(call: Call, record_id: Id) -> RequestOut:
    """Show one request with the reason of its answer, and what it has done in the ledger."""
    return RequestOut.of_seen(await call.services.requests.get(call.ctx, call.by, record_id))


@route.get("/requests/{record_id}/content", Permission.REQUESTS_READ_PLAIN, refuses=(ObjectUnknown,))
async def get_request_content(call: Call, record_id: Id) -> RequestContentOut:
    """Show headers and parameters of a request with secrets masked; that they were shown is on record."""
    return RequestContentOut.of(await call.services.requests.show(call.ctx, call.by, record_id))
