"""The whole site, made as a sandbox makes it, and a running sandbox."""

from typing import Any

import httpx2
import pytest

from bursar.api.docs.contents import Contents
from tests.e2e.conftest import install, launcher, stopped, template
from tests.e2e.install import Install

__all__ = ["install", "launcher", "stopped", "template"]

DOCUMENTS = {
    "card": "/openapi.json",
    "payout": "/openapi-payout.json",
    "sandbox": "/openapi-sandbox.json",
    "operator": "/openapi-operator.json",
    "merchant": "/openapi-merchant.json",
}


@pytest.fixture(scope="module")
def http(install: Install) -> httpx2.Client:
    """A client without any key."""
    return httpx2.Client(base_url=install.described["base_url"], timeout=30.0)


@pytest.fixture(scope="module")
def documents(http: httpx2.Client) -> dict[str, tuple[str, dict[str, Any]]]:
    """The documents as they are served."""
    return {key: (path, http.get(path).json()) for key, path in DOCUMENTS.items()}


@pytest.fixture(scope="module")
def contents(documents: dict[str, tuple[str, dict[str, Any]]]) -> Contents:
    """The site that is made of them."""
    return Contents.of(documents)
