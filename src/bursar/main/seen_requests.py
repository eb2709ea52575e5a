"""The request log as the staff reads it, on the parts of one process."""

from bursar.api.explainer import SentenceMaker
from bursar.api.inspector import Inspector
from bursar.lookup.requests.service import SeenRequests
from bursar.main.parts import Parts
from bursar.requests.records.service import RequestRecords


def seen_requests(parts: Parts, records: RequestRecords) -> SeenRequests:
    """Nothing sealed is opened for it, in a sandbox neither."""
    merchants, clock = parts.rooms.merchants, parts.ground.clock
    inspector = Inspector(merchants.merchants, merchants.payout, parts.pairs, clock, opens=False)
    explainer = SentenceMaker(inspector, merchants.merchants, clock)
    return SeenRequests(records, parts.rooms.staff.permissions, parts.rooms.staff.recorder, explainer)
