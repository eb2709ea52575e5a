"""Makes the virtual environment, or says in one sentence what this machine lacks for it.

Runs on whatever Python is found, so it uses the standard library alone and no syntax newer than Python 3.6.
"""

import shutil
import subprocess
import sys

OLDEST = (3, 11)


def main() -> int:
    """The exit code; the folder of the environment is the only argument."""
    folder = sys.argv[1]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < OLDEST:
        return complain(f"Bursar needs Python {OLDEST[0]}.{OLDEST[1]} or newer, this is {version}.")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return complain(f"This Python cannot make virtual environments: install python{version}-venv (Debian, Ubuntu).")
    print(f"Making {folder} ...", flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", folder]) != 0:
        shutil.rmtree(folder, ignore_errors=True)
        return complain("The virtual environment could not be made; the lines above say why.")
    return 0


def complain(sentence: str) -> int:
    """Says what is wrong, and how to choose another Python."""
    sys.stderr.write(f"{sentence} Another Python is chosen with: make PYTHON=/path/to/python3\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
