"""One running install for each module, copied from a template that is migrated once."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .install import Install, Launcher
from .scene import Scene


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Starts processes; one for a test process."""
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture(scope="session")
def template(server: Any, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Name of a database as `bursar migrate` leaves it, and its home."""
    name = f"bursar_e2e_{secrets.token_hex(6)}"
    home = tmp_path_factory.mktemp("template")
    server.copy(name)
    Install(launcher, server.dsn_of(name), home).migrate()
    yield name, home
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture(scope="module")
def stopped(
    server: Any, launcher: Launcher, template: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Install]:
    """An install that nobody has started yet."""
    database = f"bursar_e2e_{secrets.token_hex(6)}"
    server.copy(database, template[0])
    install = Install.copied(launcher, template[1], server.dsn_of(database), tmp_path_factory.mktemp("install"))
    yield install
    install.stop()
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@pytest.fixture(scope="module")
def install(stopped: Install) -> Install:
    """The module's install, running."""
    stopped.start()
    return stopped


@pytest.fixture(scope="module")
def scene(install: Install) -> Iterator[Scene]:
    """The sandbox merchant of the module's install."""
    with install.client() as client, install.sandbox() as sandbox:
        yield Scene(install, client, sandbox)


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test planted does not strike in the next one."""
    yield
    if "scene" in request.fixturenames:
        request.getfixturevalue("scene").sandbox.request("DELETE", "faults")
