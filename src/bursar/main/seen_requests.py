"""The request log as the staff reads it, on the parts of one process."""

from bursar.api.explainer import SentenceMaker
from bursar.api.inspector import Inspector
from bursar.lookup.requests.service import SeenRequests
from bursar.main.parts import Parts
from bursar.requests.records.service import RequestRecords


def inspector_of(parts: Parts, *, opens: bool) -> Inspector:
    """The inspection of requests; `opens`: with private keys, in a sandbox alone."""
    merchants = parts.rooms.merchants
    return Inspector(merchants.merchants, merchants.payout, parts.pairs, parts.ground.clock, opens=opens)


def explainer_of(parts: Parts) -> SentenceMaker:
    """The reasons of answers; nothing sealed is opened for them, in a sandbox neither."""
    return SentenceMaker(inspector_of(parts, opens=False), parts.rooms.merchants.merchants, parts.ground.clock)


def seen_requests(parts: Parts, records: RequestRecords) -> SeenRequests:
    """That of the staff."""
    return SeenRequests(records, parts.rooms.staff.permissions, parts.rooms.staff.recorder, explainer_of(parts))
