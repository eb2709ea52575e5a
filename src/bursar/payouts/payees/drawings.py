"""SVG drawings made safe: only plain shapes survive, and only their pixels are kept.

The drawing is read by a parser that refuses document types and entities; elements and attributes that are not on the
lists below are dropped with everything inside them, so nothing is fetched, run or repeated. The rest is painted by
resvg, which has no scripts and is given no fonts and no files, in a process that is ended if it takes too long.
"""

import re
import subprocess
import sys
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat

from bursar.payouts.payees import drawing_program
from bursar.payouts.payees.errors import DocumentRefused

ELEMENTS_MAX: Final = 5_000
"""A signature drawn on a tablet has some hundreds."""
DEPTH_MAX: Final = 32
PAINTED_SIDE: Final = 1_200
"""Pixels of the longer side that a drawing is painted at."""
PAINTED_WITHIN_S: Final = 6.0
"""Real time; the program that paints has a limit of processor time."""
_SNIFFED_BYTES: Final = 1_024
_SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_SHAPES: Final = frozenset(
    {
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
    }
)
_ATTRIBUTES: Final = frozenset(
    {
        "d",
        "points",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "transform",
        "viewBox",
        "preserveAspectRatio",
        "width",
        "height",
        "fill",
        "fill-rule",
        "fill-opacity",
        "stroke",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "opacity",
    }
)
_SAFE_VALUE: Final = re.compile(r"[^<>&\\:]*", re.ASCII)
"""Numbers, colours and path commands; no addresses, and no `url(...)` that would need a colon or a number sign."""
_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:svg|!DOCTYPE svg)", re.S
)


def looks_like_svg(content: bytes) -> bool:
    """True if it begins like an SVG document."""
    return _START.match(content[:_SNIFFED_BYTES]) is not None


def rasterised(content: bytes) -> bytes:
    """The drawing as a PNG; raises DocumentRefused."""
    drawing = ElementTree.tostring(_Reader().read(content), encoding="unicode")
    width, height = _painted_size(drawing)
    command = [sys.executable, "-I", "-m", drawing_program.__name__, str(width), str(height)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and two numbers
            command, input=drawing.encode(), capture_output=True, timeout=PAINTED_WITHIN_S, check=True, env={}
        )
    except subprocess.TimeoutExpired:
        raise DocumentRefused("the drawing takes too long to paint") from None
    except subprocess.CalledProcessError:
        raise DocumentRefused("the drawing cannot be painted") from None
    return done.stdout


class _Reader:
    """Builds a tree of the allowed elements; others are skipped with all that is inside."""

    def __init__(self) -> None:
        self._builder = ElementTree.TreeBuilder()
        self._depth = 0
        self._skipped_below = 0
        self._elements = 0

    def read(self, content: bytes) -> "ElementTree.Element[str]":
        """The drawing's tree; raises DocumentRefused."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        try:
            parser.Parse(content, True)
        except expat.ExpatError as fault:
            raise DocumentRefused(f"not well-formed ({fault.code})") from None
        except (LookupError, ValueError):  # an encoding that Python does not know, or that expat cannot be told
            raise DocumentRefused("not in a known encoding") from None
        root = self._builder.close()
        if root.tag != "svg":
            raise DocumentRefused("not a drawing")
        return root

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > ELEMENTS_MAX or self._depth > DEPTH_MAX:
            raise DocumentRefused("the drawing is too large")
        namespace, _, name = tag.rpartition("}")
        if self._skipped_below or namespace not in ("", _SVG_NAMESPACE) or name not in _SHAPES:
            self._skipped_below = self._skipped_below or self._depth
            if self._depth == 1:
                raise DocumentRefused("not a drawing")
            return
        kept = {key: value for key, value in attributes.items() if _may_stay(key, value)}
        self._builder.start(name, {**kept, "xmlns": _SVG_NAMESPACE} if self._depth == 1 else kept)

    def _close(self, tag: str) -> None:
        if not self._skipped_below:
            self._builder.end(tag.rpartition("}")[2])
        elif self._skipped_below == self._depth:
            self._skipped_below = 0
        self._depth -= 1


def _may_stay(attribute: str, value: str) -> bool:
    return attribute in _ATTRIBUTES and _SAFE_VALUE.fullmatch(value) is not None and "url" not in value.lower()


def _refuse_doctype(*_: object) -> None:
    raise DocumentRefused("a document type is not accepted")


def _painted_size(drawing: str) -> tuple[int, int]:
    """Width and height in pixels, the longer one PAINTED_SIDE, in the drawing's own proportions where it has any."""
    root = ElementTree.fromstring(drawing)  # noqa: S314 - written by ourselves a moment ago
    box = [_number(text) for text in re.split(r"[\s,]+", root.get("viewBox", "").strip())]
    width = box[2] if len(box) == 4 else _number(root.get("width", ""))
    height = box[3] if len(box) == 4 else _number(root.get("height", ""))
    if not (0.001 < width < 1e9 and 0.001 < height < 1e9):
        return PAINTED_SIDE, PAINTED_SIDE
    scale = PAINTED_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _number(text: str) -> float:
    match = re.match(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text)
    return float(match[0]) if match else 0.0
