"""Text of generated Python: docstrings, names of classes, layout."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 120


def docstring(paragraphs: list[str], indent: int) -> Iterator[str]:
    """A docstring of paragraphs; lines that begin with a blank are items and keep their indentation."""
    space = " " * indent
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [""] if lines else []
        for line in _flowing(paragraph):
            lines += _wrapped(line, WIDTH - indent - 4)
    quoted = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    if len(quoted) == 1:
        end = " " if quoted[0].endswith('"') else ""
        yield f'{space}"""{quoted[0]}{end}"""'
        return
    yield f'{space}"""{quoted[0]}'
    yield from (f"{space}{line}".rstrip() for line in quoted[1:])
    yield f'{space}"""'


def _flowing(paragraph: str) -> list[str]:
    """The lines of a paragraph before they are wrapped: those that its source has broken are one again."""
    lines: list[str] = []
    for line in paragraph.splitlines():
        if lines and lines[-1] and line.strip() and not line.startswith((" ", "- ", "| ", "* ")):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def _wrapped(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("    " if indent else ""),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def pascal(snake: str) -> str:
    """`verify_password` as the name of a class."""
    return "".join(part.capitalize() for part in snake.split("_"))


def formatted(source: str) -> str:
    """The source without unused imports, sorted and laid out as the project's other files are."""
    where = ["--stdin-filename", "sdk/python/src/bursar_sdk/generated.py", "-"]
    checked = _ruff(["check", "--quiet", "--fix-only", "--select", "F401,I001", *where], source)
    return _ruff(["format", "--quiet", *where], checked)


def _ruff(arguments: list[str], source: str) -> str:
    made = subprocess.run([sys.executable, "-m", "ruff", *arguments], input=source, capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(made.stderr or made.stdout)
    return made.stdout
