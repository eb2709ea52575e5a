"""Starts processes of an install quickly: loads the program once and forks it for each one that is asked for.

Reads one JSON object a line (`argv`, `env`, `log`) and answers with the process's number. What it starts are processes
like any other: with their own settings, connections and logs, to be stopped, killed and started again.
"""

import faulthandler
import json
import os
import signal
import sys
import traceback

from bursar.cli import api_process, worker_process  # noqa: F401 - loaded before the first fork
from bursar.cli.app import main


def _run(order: dict[str, object]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(str(order["log"]), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, standard)
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # one that seems to hang is asked where
    os.environ.update({str(name): str(value) for name, value in dict(order["env"]).items()})  # type: ignore[call-overload]
    sys.argv = ["bursar", *order["argv"]]  # type: ignore[misc]
    main()


def serve() -> None:
    """Until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        order = json.loads(line)
        number = os.fork()
        if number == 0:
            try:
                _run(order)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(0)
        print(number, flush=True)


if __name__ == "__main__":
    serve()
