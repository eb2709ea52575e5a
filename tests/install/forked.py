"""A command for the tests of forks: says what it was given, and ends as it was told to."""

import json
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    """`sys.argv` holds the way to end."""
    print(
        json.dumps(
            {
                "argv": sys.argv,
                "environment": dict(os.environ),
                "session": os.getsid(0),
                "pid": os.getpid(),
                "files": [file for file in range(1024) if Path(f"/proc/self/fd/{file}").exists()],
                "terminated": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
            }
        )
    )
    ending = sys.argv[1]
    if ending == "return":
        return
    if ending == "wait":
        signal.pause()
    if ending == "raise":
        raise RuntimeError("broken")
    raise SystemExit({"exit": 3, "say": "why"}[ending])
