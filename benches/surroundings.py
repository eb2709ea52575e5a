"""What the figures of a run depend on, printed beside them: the machine, what others took of it, the settings."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psycopg

SETTINGS: Final = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_compression",
    "shared_buffers",
    "max_wal_size",
    "data_checksums",
    "jit",
)


def machine() -> str:
    """Processor, number of them, memory, Python."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} x {_processor()}, {memory_gib:.0f} GiB, {platform.system()}, {python}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def postgres_settings(dsn: str) -> str:
    """Those that decide how fast a commit can be."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)]
        ).fetchall()
    found: dict[str, str] = dict(rows)
    return ", ".join(f"{name} {found[name]}" for name in SETTINGS if name in found)


@dataclass(frozen=True, slots=True)
class Processors:
    """Time of all processors since the machine started, in ticks."""

    total: int
    stolen: int

    @classmethod
    def now(cls) -> Self:
        """Nothing where the system does not tell."""
        try:
            ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        except OSError:
            return cls(0, 0)
        return cls(sum(ticks), ticks[7])

    def stolen_percent_since(self, start: "Processors") -> float:
        """Share of the time that other machines on the same host took away."""
        return 100 * (self.stolen - start.stolen) / max(1, self.total - start.total)
