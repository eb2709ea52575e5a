"""Log lines that cannot be written."""

import subprocess
import sys
from pathlib import Path

LOGGING = """
import logging, sys
import structlog
from bursar.install.logs import configure_logs

configure_logs("test")
for _ in range(3):
    structlog.get_logger().error("x" * 5_000)
try:
    raise ValueError
except ValueError:
    structlog.get_logger().exception("failed")
logging.getLogger("library").error("x" * 5_000)
print("still here")
"""


def test_a_full_disk_takes_the_log_and_nothing_else() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run([sys.executable, "-c", LOGGING], stdout=subprocess.PIPE, stderr=full, text=True)
    assert ended.stdout == "still here\n"
