"""The wheel has all that the program reads, and runs in an environment that has the requirements and no source."""

import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flit_core import buildapi

from bursar import __version__
from tests.e2e.install import free_port, until

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {".pyc", ".pyo"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make dist` makes."""
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert buildapi.build_wheel(str(folder)) == f"bursar-{__version__}-py3-none-any.whl"
        assert buildapi.build_sdist(str(folder)) == f"bursar-{__version__}.tar.gz"
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


def source_files(*folders: str) -> set[str]:
    """Files of the source, as they stand in the project's folder."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    kept = (path for path in found if path.is_file() and path.suffix not in NOT_SHIPPED)
    return {path.relative_to(ROOT).as_posix() for path in kept if "__pycache__" not in path.parts}


def test_the_wheel_has_every_file_of_the_package(wheel: Path):
    with zipfile.ZipFile(wheel) as file:
        packed = {name for name in file.namelist() if name.startswith("bursar/")}
    wanted = {name.removeprefix("src/") for name in source_files("src/bursar")}
    assert packed == wanted
    assert {Path(name).suffix for name in packed} >= {".py", ".sql", ".toml", ".csv", ".md", ".j2", ".css", ".js"}


def test_the_source_distribution_has_what_building_and_testing_need(dist: Path):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as file:
        packed = {name.partition("/")[2] for name in file.getnames()}
    wanted = source_files("src/bursar", "tests", "tools", "benches", "examples", "docs", "deploy")
    assert wanted - packed == set()
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "requirements.lock"):
        assert name in packed


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bursar` of an environment with the wheel; requirements are borrowed, this project's source is not."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    target = [f"--target={site}", "--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *target, str(wheel)], check=True)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")  # whose own .pth files are not read
    program = folder / "bin" / "bursar"
    program.write_text(f"#!{folder / 'bin' / 'python'}\nfrom bursar.cli.app import main\nmain()\n")
    program.chmod(0o755)
    return program


def run(program: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": env.get("BURSAR_HOME", "/nonexistent"), **env}
    return subprocess.run([program, *arguments], env=clean, cwd="/", capture_output=True, text=True, timeout=60)


def test_an_installed_program_tells_its_version(installed: Path):
    said = run(installed, "--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"bursar {__version__} (migration ")
    where = [installed.parent / "python", "-c", "import bursar; print(bursar.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, cwd="/", env={"PATH": "/usr/bin"})
    assert str(installed.parents[1]) in found.stdout


@pytest.fixture
def serving(installed: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """`bursar up` of the installed program, in a home of its own."""
    env = {"BURSAR_HOME": str(tmp_path / "home"), "BURSAR_PORT": str(free_port())}
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **env}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen([installed, "up"], env=clean, cwd="/", stdout=said, stderr=said)
    try:

        def ready() -> bool:
            assert process.poll() is None, (tmp_path / "said").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{env['BURSAR_PORT']}/health/ready", timeout=10):
                    return True
            except OSError:
                return False

        until(ready, "the installed program to be ready")
        yield env
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
def test_an_installed_program_serves_what_it_carries(installed: Path, serving: dict[str, str]):
    assert run(installed, "health", **serving).stdout == "ready\n"
    assert run(installed, "health", "--live", **serving).stdout == "live\n"
    base = f"http://127.0.0.1:{serving['BURSAR_PORT']}"
    for path in ("/docs", "/docs/payout", "/openapi.json", "/openapi-payout.json"):
        with urllib.request.urlopen(base + path, timeout=30) as answer:
            assert answer.status == 200
    checked = run(installed, "ledger", "check", **serving)
    assert checked.stdout.endswith("balanced\n"), checked.stderr


def test_health_says_why_not(installed: Path):
    port = free_port()
    said = run(installed, "health", BURSAR_PORT=str(port))
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith(f"no answer at http://127.0.0.1:{port}/health/ready: ")
    said = run(installed, "health", BURSAR_METRICS_HOST="::", BURSAR_METRICS_PORT=str(port))
    assert said.stdout.startswith(f"no answer at http://[::1]:{port}/health/ready: ")
    said = run(installed, "health", BURSAR_METRICS_PORT="no port")
    assert (said.returncode, said.stderr) == (1, "Refused. BURSAR_METRICS_PORT must be a port number.\n")
