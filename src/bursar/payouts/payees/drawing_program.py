"""The program that paints one drawing: SVG on standard input, a PNG on standard output.

The time that a drawing takes to paint cannot be told from its size, and painting cannot be interrupted from outside; a
process can be ended. This one may use no more time and memory than a drawing that means well needs.
"""

import sys
from typing import Final

import resvg_py

from bursar.files.processor_limit import allow

CPU_S: Final = 1.0


def main(width: int, height: int) -> None:
    """Paint standard input at a size in pixels; raises ValueError if it is no drawing."""
    allow(CPU_S)
    drawing = sys.stdin.buffer.read().decode("utf-8")
    painted = resvg_py.svg_to_bytes(
        svg_string=drawing, width=width, height=height, background="#ffffff", skip_system_fonts=True
    )
    sys.stdout.buffer.write(bytes(painted))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
