"""Paints one drawing in a process of its own: SVG on standard input, a PNG on standard output.

How long a drawing takes to paint cannot be told from its size, and painting cannot be interrupted from outside; a
process can be ended. This one may use no more time and memory than a drawing that means well needs.
"""

import resource
import sys
from typing import Final

import resvg_py

CPU_S: Final = 4
MEMORY_BYTES: Final = 1024 * 1024 * 1024


def main(width: int, height: int) -> None:
    """Paint standard input at a size in pixels; raises ValueError for what is no drawing."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    drawing = sys.stdin.buffer.read().decode("utf-8")
    painted = resvg_py.svg_to_bytes(
        svg_string=drawing, width=width, height=height, background="#ffffff", skip_system_fonts=True
    )
    sys.stdout.buffer.write(bytes(painted))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
