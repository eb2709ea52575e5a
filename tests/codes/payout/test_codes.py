"""Each published code can be had over the wire, with its text, and a request that is refused changes nothing."""

import pytest

from tests.codes import recording

from .case import Case
from .cases import CASES
from .published import SUCCESS, text, texts
from .scene import PayoutScene

BEFORE_THE_SIGNATURE = frozenset({1200, 1202, 1204, 1205, 1208, 1210, 1211, 1213})
"""Codes for whoever was not authenticated: the answer is not signed."""
ON_EITHER_SIDE = frozenset({1005, 1101, 1201, 1209})
"""Codes that are met before the signature and behind it."""


def test_every_published_code_has_a_case():
    assert {case.code for case in CASES} == texts().keys()


def test_names_of_cases_are_unique():
    names = [case.name for case in CASES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_code_can_be_had(scene: PayoutScene, case: Case):
    answer = case.act(scene)
    assert (answer.code, answer.message) == (case.code, text(case.code))
    assert answer.http_status == case.http_status
    assert scene.asked == case.endpoint
    assert scene.changed == case.leaves
    if case.code not in ON_EITHER_SIDE:
        assert answer.signed == (case.code not in BEFORE_THE_SIGNATURE)
    if case.code != SUCCESS:
        assert _says_no_more(answer.data)
    recording.check("payout", case)


def _says_no_more(data: object) -> bool:
    """Nothing, the parameter or header it is about, or what each row of a batch was refused for."""
    if not isinstance(data, dict):
        return False
    if data.keys() <= {"parameter"} or data.keys() in ({"header"}, {"reason"}):
        return all(name.isprintable() for name in data.values())
    return all(not row["id"] for row in data["rows"])


def test_the_books_balance_after_all_of_it(scene: PayoutScene):
    scene.install.settled()
    proof = scene.sandbox.check_ledger()
    assert (proof["balanced"], proof["differences"]) == (True, [])
