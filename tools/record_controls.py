"""Writes src/bursar/sandbox/control/recorded.json: the answers of the samples of the control API, as the test of those
samples has them from a fresh sandbox.

python tools/record_controls.py
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "src/bursar/sandbox/control/recorded.json"
TEST: Final = "tests/pages/test_samples.py::test_every_sample_of_the_control_api_runs_as_printed"


def main() -> int:
    """The exit code of the test."""
    env = {**os.environ, "BURSAR_TEST_RECORD_CONTROLS": str(TARGET)}
    return subprocess.run([sys.executable, "-m", "pytest", TEST, "-q", "-p", "no:xdist"], cwd=ROOT, env=env).returncode


if __name__ == "__main__":
    raise SystemExit(main())
