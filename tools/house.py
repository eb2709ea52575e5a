"""Figures of the house: how much of it one recharge enters, and where names, imports and parameters pile up.

Printed, never judged: the rules are in tests/rules. Run it before and after a reshaping: `python tools/house.py`.
`python tools/house.py --path` prints the path of one warm recharge alone: each file that it enters, in the order of
first entry, and the functions called there.
"""

import ast
import asyncio
import base64
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from itertools import repeat
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SRC: Final = ROOT / "src" / "bursar"
PARAMETERS: Final = 6
WARM: Final = 5
"""Recharges before those that are looked at."""
LOOKED_AT: Final = 5
"""Of these the one with the fewest files counts: another may meet a cache that has just become too old."""
_PARTICIPLE: Final = re.compile(r"(^|_)[a-z]+ing$")
_NOUNS: Final = frozenset(
    {"string", "paging", "clearing", "screening", "batching", "signing", "posting", "binding", "escaping"}
)
"""Words in -ing that are the field's terms, or those of a published API."""
_WHAT: Final = re.compile(r"\b[Ww]hat\b")
_ASKING: Final = re.compile(r"(What|Whether|Who|How|Where|When)\b")


def main() -> None:
    """Print them."""
    if sys.argv[1:] == ["--path"]:
        print_path()
        return
    modules = {path: ast.parse(path.read_text("utf-8")) for path in sorted(SRC.rglob("*.py"))}
    imports = Counter({path: len(_imported(tree)) for path, tree in modules.items()})
    (largest, most), *_ = imports.most_common(1)
    docstrings = [text for tree in modules.values() for text in _docstrings(tree)]
    wide = [name for tree in modules.values() for name in _wide_constructors(tree)]
    named = [path.stem for path in modules if _PARTICIPLE.search(path.stem) and path.stem not in _NOUNS]
    print(f"imports of the largest module        {most:>6}  {largest.relative_to(SRC)}")
    print(f"constructors with over {PARAMETERS} parameters  {len(wide):>6}  {', '.join(wide)}")
    print(f"modules named by participles         {len(named):>6}  {', '.join(named)}")
    print(f"docstrings                           {len(docstrings):>6}")
    print(f"  with 'what'                        {sum(bool(_WHAT.search(text)) for text in docstrings):>6}")
    print(f"  that begin as a question           {sum(bool(_ASKING.match(text)) for text in docstrings):>6}")
    print(f"lines of main/                       {sum(map(_lines, (SRC / 'main').glob('*.py'))):>6}")
    source, tests = (sum(map(_lines, _written(ROOT / at))) for at in ("src", "tests"))
    print(f"lines of tests for one of source     {tests / source:>6.2f}")
    entered = measured()
    print(f"files entered by a warm recharge     {len(entered):>6}  {', '.join(entered)}")


def _written(folder: Path) -> Iterator[Path]:
    """The modules that were written here; below `.cache` lies what tests have fetched."""
    return (path for path in folder.rglob("*.py") if ".cache" not in path.parts)


def print_path() -> None:
    """Print each file that one warm recharge enters, with the functions called in it, both in order of first entry."""
    called = measured()
    for number, (path, names) in enumerate(called.items(), 1):
        print(f"{number:>3}  {path}: {', '.join(names)}")
    print(f"{len(called)} files, {sum(map(len, called.values()))} functions")


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _imported(tree: ast.Module) -> set[str]:
    """Our own modules that a module imports."""
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name for name in named if name.startswith("bursar")}


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from filter(None, (ast.get_docstring(node),))


def _wide_constructors(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for made in node.body:
            if isinstance(made, ast.FunctionDef) and made.name == "__init__":
                told = made.args
                if len(told.posonlyargs) + len(told.args) + len(told.kwonlyargs) - 1 > PARAMETERS:
                    yield node.name


def measured() -> dict[str, list[str]]:
    """The functions that a warm recharge calls, by file, on an install of its own that is thrown away."""
    from bursar.install.embedded import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as home, EmbeddedPostgres(Path(home)) as server:
        return asyncio.run(called_by_a_recharge(server.dsn, home))


async def called_by_a_recharge(dsn: str, home: str) -> dict[str, list[str]]:
    """The functions that the API process calls for a warm recharge, by file, both in order of first entry.

    Counted is all that runs in the request's own context, also in tasks that it begins: the batches that it shares and
    the notice that it sends. What other tasks do at the same time is not, as hearing that notice; nor what goes before
    the application, which is the server's. Two files are the sandbox's alone.
    """
    sys.path.insert(0, str(ROOT))
    import httpx2
    from benches import traffic
    from tests.clients.card import CardClient, Credentials, read_sandbox

    from bursar.install.settings import read_settings
    from bursar.main.processes import api

    traffic.CARDS = 2  # type: ignore[misc]
    settings = read_settings(
        {
            "BURSAR_HOME": home,
            "BURSAR_PORT": "8999",
            "DATABASE_URL": dsn,
            "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        }
    )
    cards = await traffic.used_cards(settings)
    client, app = CardClient(Credentials.from_sandbox(read_sandbox(Path(home)))), api(settings)
    transport, paths = httpx2.ASGITransport(app=app), [CallPath() for _ in range(LOOKED_AT)]
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport) as http:
        for number, path in enumerate([*repeat(None, WARM), *paths]):
            asked = client.prepare(traffic.RECHARGE, {"cardId": cards[number % 2], "amount": "10"}, f"r-{number}")
            with nullcontext() if path is None else path.noted():
                answer = await http.post(asked.url, headers=asked.headers, content=asked.content)
            if answer.json()["code"] != 0:
                raise SystemExit(f"the recharge was refused: {answer.text}")
    return min((path.called for path in paths), key=len)


class CallPath:
    """The functions of ours that are called in one context."""

    _counted: ClassVar[ContextVar[bool]] = ContextVar("counted", default=False)

    def __init__(self) -> None:
        self.called: dict[str, list[str]] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """While entered, calls are noted."""
        before = self._counted.set(True)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._counted.reset(before)

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(SRC)) and self._counted.get():
            names = self.called.setdefault(str(Path(frame.f_code.co_filename).relative_to(SRC)), [])
            if frame.f_code.co_qualname not in names:
                names.append(frame.f_code.co_qualname)


if __name__ == "__main__":
    main()
