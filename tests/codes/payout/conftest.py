"""One running install for each module, and the sandbox merchant's client of the payout API."""

from collections.abc import Iterator

import pytest

from tests.clients.payout import PayoutClient, PayoutKeys
from tests.e2e.conftest import _no_faults_left, install, launcher, stopped, template
from tests.e2e.install import Install

from .scene import PayoutScene

__all__ = ["_no_faults_left", "install", "launcher", "stopped", "template"]


@pytest.fixture(scope="module")
def scene(install: Install) -> Iterator[PayoutScene]:
    """The sandbox merchant of the module's install."""
    keys = PayoutKeys.from_sandbox(install.described)
    with PayoutClient(keys) as client, install.sandbox() as sandbox:
        yield PayoutScene(install, client, sandbox)
