"""The Python SDK's wheel in an environment without its source or the service: its pytest plugin starts an install of
its own and ends it, and the README's examples run against that.
"""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flit_core import buildapi

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk" / "python"

INNER_TESTS = """
import os
import re
from pathlib import Path

import bursar_sdk
import httpx2
import pytest

README = Path(os.environ["README"]).read_text("utf-8")
EXAMPLES = re.findall(r"```python\\n(.*?)```", README, re.DOTALL)


def test_the_library_is_the_wheels():
    assert "site-packages" in bursar_sdk.__file__


def test_the_fixtures_are_clients_of_the_same_install(bursar_install, bursar_card, bursar_payout, bursar_sandbox):
    assert bursar_card.merchant.get().status == "active"
    assert {each.currency for each in bursar_payout.balances.list()} == {"SAR", "AED", "KWD"}
    assert bursar_sandbox.check_ledger().balanced
    assert httpx2.get(bursar_install.base_url + "/health/ready").status_code == 200
    Path(os.environ["ADDRESS"]).write_text(bursar_install.base_url)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_readme_is_true(number, bursar_install, tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "sandbox.json").write_bytes(bursar_install.sandbox_file.read_bytes())
    (tmp_path / "passport.png").write_bytes(Path(os.environ["PICTURE"]).read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(EXAMPLES[number], f"README example {number}", "exec"), {})


def test_there_are_examples():
    assert len(EXAMPLES) >= 7


def test_the_first_call_has_six_lines_at_most():
    assert len(EXAMPLES[0].strip().splitlines()) <= 6
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as `make dist` makes it."""
    folder = tmp_path_factory.mktemp("sdk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(SDK)
        return folder / buildapi.build_wheel(str(folder))


def test_the_wheel_has_every_module_and_needs_two_libraries(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        packed = {name for name in file.namelist() if name.startswith("bursar_sdk/")}
        metadata = file.read(next(name for name in file.namelist() if name.endswith("/METADATA"))).decode()
    sources = (SDK / "src").rglob("*")
    assert packed == {
        path.relative_to(SDK / "src").as_posix()
        for path in sources
        if path.is_file() and "__pycache__" not in path.parts
    }
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra" not in line]
    assert [line.split(":")[1].split(">")[0].strip() for line in needed] == ["cryptography", "httpx2"]
    assert "Requires-Python: >=3.10" in metadata


def test_the_version_stands_in_one_place_and_the_changelog_tells_of_it() -> None:
    from bursar_sdk import __version__

    assert tomllib.loads((SDK / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__
    assert f"## {__version__}\n" in (SDK / "CHANGELOG.md").read_text("utf-8")


def test_the_library_imports_nothing_of_the_service() -> None:
    for path in (SDK / "src").rglob("*.py"):
        text = path.read_text("utf-8")
        assert "import bursar\n" not in text, path
        assert "from bursar." not in text, path
        assert "from bursar import" not in text, path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel; what it needs is borrowed, this project's source is not."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    target = [f"--target={site}", "--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *target, str(wheel)], check=True)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")  # whose own .pth files are not read
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def database(server: Any) -> Iterator[str]:
    name = f"bursar_sdk_{os.getpid()}"
    server.copy(name)
    yield server.dsn_of(name)
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.mark.slow
def test_the_plugin_starts_an_install_of_its_own_and_the_readme_is_true(
    environment: Path, database: str, tmp_path: Path
) -> None:
    from PIL import Image

    (tmp_path / "test_inner.py").write_text(INNER_TESTS, "utf-8")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BURSAR_", "PYTHON", "PYTEST_"))}
    told = {
        "README": str(SDK / "README.md"),
        "PICTURE": str(tmp_path / "picture.png"),
        "ADDRESS": str(tmp_path / "address"),
        "DATABASE_URL": database,
        "BURSAR_PROGRAM": f"{sys.executable} -m bursar",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    ran = subprocess.run(
        [
            environment,
            "-m",
            "pytest",
            "-q",
            "-p",
            "bursar_sdk.pytest_plugin",
            "-p",
            "no:cacheprovider",
            "test_inner.py",
        ],
        cwd=tmp_path,
        env={**kept, **told},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    address = (tmp_path / "address").read_text().removeprefix("http://")
    import socket

    host, _, port = address.partition(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0  # it was ended
