"""Codes of a merchant that has never set a verification password: an install of their own, since none can be unset."""

import pytest

from .case import Case
from .cases import CASES
from .scene import CodeScene
from .test_codes import bring_about

PASSWORD_MUST_NOT_BE_SET = [case for case in CASES if case.before_any_password]


@pytest.mark.parametrize("case", PASSWORD_MUST_NOT_BE_SET, ids=lambda case: case.name)
def test_a_code_can_be_had(scene: CodeScene, case: Case):
    bring_about(scene, case)
