"""One running install for each module, as the end-to-end tests have it."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import install, launcher, stopped, template
from tests.e2e.install import Install

from .scene import CodeScene

__all__ = ["install", "launcher", "stopped", "template"]


@pytest.fixture(scope="module")
def scene(install: Install) -> Iterator[CodeScene]:
    """The sandbox merchant of the module's install."""
    with install.client() as client, install.sandbox() as sandbox:
        yield CodeScene(install, client, sandbox)
