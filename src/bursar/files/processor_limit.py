"""The processor time and memory of a process that works on a stranger's bytes."""

import math
import os
import resource
import signal
from typing import Final

MEMORY_BYTES: Final = 1024 * 1024 * 1024
NICENESS: Final = 10
"""Niceness of the process: those that serve requests have precedence."""


def allow(cpu_s: float) -> None:
    """From now on this process may use so much processor time and MEMORY_BYTES, after others; the kernel ends it when
    it uses more.

    The timer counts the time of all threads and of the kernel's work for them (setitimer(2), ITIMER_PROF); the limit
    in whole seconds stands behind it.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = math.ceil(used.ru_utime + used.ru_stime + cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
