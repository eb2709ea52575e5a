"""The rows of facts about identity and the screening: a part of the table in `facts`."""

from collections.abc import Mapping
from typing import Final

from bursar.api.operator.problems import UNAVAILABLE, Kind
from bursar.api.operator.rows import Row
from bursar.customers.kyc import errors as kyc
from bursar.files import errors as files
from bursar.kernel.errors import Fact
from bursar.screening import errors as screening

COMPLIANCE_FACTS: Final[Mapping[type[Fact], Row | Kind]] = {
    screening.ScreeningOpen: Row("screening-open", 409, ("subject",), passes=True),
    screening.ListUnreadable: Row("list-unreadable", 422, ("file", "reason")),
    screening.ListsMissing: Row("lists-missing", 409),
    screening.ListShrunk: Row("list-shrunk", 409, ("source", "entries", "before")),
    screening.LoadUnderWay: Row("load-under-way", 409, passes=True),
    screening.SubjectUnknown: Row("subject-unknown", 404, ("subject",)),
    screening.HitUnknown: Row("hit-unknown", 404, ("hit_id",)),
    screening.HitDecided: Row("hit-decided", 409, ("hit_id", "result")),
    screening.ExceptionUnusable: Row("exception-unusable", 422, ("reason",)),
    screening.ScreeningNotInstalled: Row("screening-not-installed", 409, ("missing",)),
    screening.MatcherEnded: UNAVAILABLE,
    kyc.NoVerification: Row("verification-unknown", 404),
    kyc.NothingUnderReview: Row("nothing-under-review", 409, ("customer_id",)),
    kyc.DocumentApprovedAlready: Row("document-approved-already", 409),
    files.FileMissing: Row("file-missing", 404, ("purpose",)),
}
