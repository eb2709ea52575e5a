"""A tree of Python modules, each parsed once, for rules to look at."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Fault:
    """A line that breaks a rule, and one sentence on what to do."""

    path: str
    line: int
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.advice}"


@dataclass(frozen=True)
class Import:
    """A module of ours that is imported, and where."""

    module: str
    line: int


@dataclass(frozen=True, eq=False)
class Module:
    """One file; `name` is dotted, from the tree's root, without the project's name: `cards.rates.service`."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".py")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def functions(self) -> list[tuple[str, Function]]:
        """With their names within the module: `Cards.recharge`."""
        return list(_functions(self.tree, ""))

    @cached_property
    def docstrings(self) -> list[tuple[Documented, str]]:
        documented = (node for node in self.nodes if isinstance(node, Documented))
        return [(node, text) for node in documented if (text := ast.get_docstring(node))]

    def is_in(self, places: tuple[str, ...] | list[str]) -> bool:
        return any(self.name == place or self.name.startswith(f"{place}.") for place in places)

    def fault(self, node: ast.AST | int, advice: str) -> Fault:
        return Fault(self.path, node if isinstance(node, int) else getattr(node, "lineno", 1), advice)


@dataclass(frozen=True)
class Script:
    """A file of the tests, looked at as text: there are as many lines of them as of the source."""

    path: str
    text: str

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)


@dataclass(frozen=True, eq=False)
class Tree:
    """All modules below a folder, which stands for the package `bursar`, with the SQL beside them."""

    folder: Path
    modules: list[Module]
    tests: list[Script]

    @classmethod
    def read(cls, root: Path) -> "Tree":
        """Of a checkout: `src/bursar` and `tests` below `root`."""
        source = root / "src" / "bursar"
        return cls(source, list(_modules(root, source)), list(_scripts(root)))

    @cached_property
    def by_name(self) -> dict[str, Module]:
        return {module.name: module for module in self.modules}

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """By module; what is imported from a package is the module of that name, if there is one."""
        return {module.name: list(self._imports(module)) for module in self.modules}

    def sql(self) -> Iterator[tuple[str, str]]:
        """Path within the project, and text."""
        for path in sorted(self.folder.rglob("*.sql")):
            yield path.relative_to(self.folder.parents[1]).as_posix(), path.read_text("utf-8")

    def _imports(self, module: Module) -> Iterator[Import]:
        for node in module.nodes:
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                named = [self._deepest(node.module, alias.name) for alias in node.names]
            else:
                continue
            for name in dict.fromkeys(named):
                if name.startswith("bursar."):
                    yield Import(name.removeprefix("bursar."), node.lineno)

    def _deepest(self, package: str, name: str) -> str:
        inner = f"{package}.{name}"
        return inner if inner.removeprefix("bursar.") in self.by_name else package


def _modules(root: Path, folder: Path) -> Iterator[Module]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text("utf-8")
        yield Module(name, path.relative_to(root).as_posix(), text, ast.parse(text))


def _scripts(root: Path) -> Iterator[Script]:
    for path in sorted((root / "tests").rglob("*.py")):
        if ".cache" not in path.parts:
            yield Script(path.relative_to(root).as_posix(), path.read_text("utf-8"))


def _functions(node: ast.AST, within: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            name = f"{within}.{child.name}" if within else child.name
            if isinstance(child, Function):
                yield name, child
            yield from _functions(child, name)
        elif not isinstance(child, ast.expr):
            yield from _functions(child, within)


RAISES = re.compile(r"\b[Rr]aises\b(.*?)(?:[.;](?:\s|$)|$)", re.DOTALL)
QUOTED = re.compile(r"`[^`]*`")
CLASS_NAME = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]*)*\b")


def names_raised(docstring: str) -> list[str]:
    """Names of classes in the sentences that say what is raised, without what stands in backticks."""
    sentences = RAISES.findall(docstring)
    return [name for sentence in sentences for name in CLASS_NAME.findall(QUOTED.sub("", sentence))]
