"""The records of requests on the parts of one process. Loads no endpoint: workers sweep records too."""

from bursar.main.parts import Parts
from bursar.requests.records.model import LIVE, SANDBOX
from bursar.requests.records.service import RequestRecords


def request_records(parts: Parts) -> RequestRecords:
    """Those that this process takes, within the bounds of its kind of install."""
    return RequestRecords(parts.ground, keeping=SANDBOX if parts.settings.is_sandbox else LIVE)
