"""Each published code can be had over the wire, with its text, and a request that is refused changes nothing."""

import pytest

from tests.codes import recording

from .case import Case
from .cases import CASES
from .published import text, texts
from .scene import CodeScene

PASSWORD_MAY_BE_SET = [case for case in CASES if not case.before_any_password]


def test_every_published_code_has_a_case():
    assert {case.code for case in CASES} == texts().keys()


def test_names_of_cases_are_unique():
    names = [case.name for case in CASES]
    assert sorted(names) == sorted(set(names))


def bring_about(scene: CodeScene, case: Case) -> None:
    """Do what the case says, and hold it against what it says."""
    answer = case.act(scene)
    found = answer.data["code"] if case.in_data else answer.code
    assert found == case.code, f"{answer.code} {answer.msg}"
    assert answer.msg == text(0 if case.in_data else case.code, *case.fill)
    assert answer.http_status == case.http_status
    assert scene.asked == case.endpoint
    assert scene.changed == case.leaves
    if answer.code:
        assert answer.data is None
    recording.check("card", case)


@pytest.mark.parametrize("case", PASSWORD_MAY_BE_SET, ids=lambda case: case.name)
def test_a_code_can_be_had(scene: CodeScene, case: Case):
    bring_about(scene, case)


def test_the_books_balance_after_all_of_it(scene: CodeScene):
    scene.install.settled()
    scene.check_books()
