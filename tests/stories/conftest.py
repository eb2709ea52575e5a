"""One running install for all stories, its merchant with both APIs, and what each of them is told."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.card import WebhookReceiver
from tests.clients.payout import CallbackReceiver, PayoutClient, PayoutKeys
from tests.codes.payout.scene import PayoutScene
from tests.e2e.conftest import launcher, template
from tests.e2e.install import Install, Launcher
from tests.e2e.scene import Scene

__all__ = ["launcher", "template"]


@pytest.fixture(scope="session")
def install(
    server: Any, launcher: Launcher, template: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Install]:
    """Running; the stories are told one after another on it."""
    database = f"bursar_stories_{secrets.token_hex(6)}"
    server.copy(database, template[0])
    install = Install.copied(launcher, template[1], server.dsn_of(database), tmp_path_factory.mktemp("stories"))
    install.start()
    yield install
    install.stop()
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@pytest.fixture(scope="session")
def scene(install: Install) -> Iterator[Scene]:
    """The merchant at the card API."""
    with install.client() as client, install.sandbox() as sandbox:
        yield Scene(install, client, sandbox)


@pytest.fixture(scope="session")
def payouts(install: Install) -> Iterator[PayoutScene]:
    """The same merchant at the payout API."""
    with PayoutClient(PayoutKeys.from_sandbox(install.described)) as client, install.sandbox() as sandbox:
        yield PayoutScene(install, client, sandbox)


@pytest.fixture(scope="session")
def receiver(scene: Scene) -> Iterator[WebhookReceiver]:
    """Takes what the card API tells."""
    with WebhookReceiver(scene.client.keys) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        yield receiver


@pytest.fixture(scope="session")
def callbacks(payouts: PayoutScene) -> Iterator[CallbackReceiver]:
    """Takes what the payout API tells."""
    with CallbackReceiver(payouts.client.keys) as receiver:
        payouts.sandbox.request("PUT", "webhooks", {"payout": receiver.url})
        yield receiver
