"""The rules of the house, each a function from a tree to the lines that break it."""

import ast
import builtins
import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from tests.rules import house
from tests.rules.tree import Fault, Function, Import, Module, Tree, names_raised

Rule = Callable[[Tree], Iterator[Fault]]
T = TypeVar("T")
HOUSE: Final = "tests/rules/house.py"
SLEEP: Final = re.compile(r"\bsleep\((\d+(?:\.\d+)?)\)")
QUESTION: Final = re.compile(r"(What|Whether|Who|How|Where|When|Which|Why)\b")
WIRE_NAME: Final = re.compile(r"[a-z]+[A-Z]\w+")
REAL_TIME: Final = frozenset({"datetime.now", "datetime.utcnow", "date.today", "time.time"})


# ── who imports whom ─────────────────────────────────────────────────────────────────────────────────────────────────


def rooms_import_those_before_them(tree: Tree) -> Iterator[Fault]:
    places = {room: place for place, room in enumerate(house.ROOMS)}
    for gone in sorted(places.keys() - {module.room for module in tree.modules}):
        yield Fault(HOUSE, _line_of(gone), f"take `{gone}` out of ROOMS: there is no such room")
    for module in tree.modules:
        if module.room and module.room not in places:
            yield module.fault(1, f"name `{module.room}` in ROOMS of {HOUSE}, after the rooms that it imports")
            continue
        for imported in tree.imports[module.name]:
            other = imported.module.partition(".")[0]
            if places.get(other, -1) > places.get(module.room, len(places)):
                yield module.fault(
                    imported.line,
                    f"`{module.room}` comes before `{other}`: take it as an argument, or declare a port here",
                )


def closed_places_are_imported_by_few(tree: Tree) -> Iterator[Fault]:
    for module, imported in _all_imports(tree):
        for place, allowed in house.CLOSED.items():
            if _within(imported.module, place) and not module.is_in([place, *allowed]):
                yield module.fault(imported.line, f"only {', '.join(allowed)} may import `{place}`: declare a port")


def stores_are_read_by_their_own_room(tree: Tree) -> Iterator[Fault]:
    for module, imported in _all_imports(tree):
        other = imported.module.partition(".")[0]
        is_store = imported.module.endswith(".store") and other not in house.OPEN_STORES
        if is_store and module.room not in {other, "api"}:
            yield module.fault(imported.line, f"call the service of `{other}` instead of reading its tables")


def no_modules_import_each_other(tree: Tree) -> Iterator[Fault]:
    for circle in _circles({name: {each.module for each in found} for name, found in tree.imports.items()}):
        first, *_ = circle
        line = next(each.line for each in tree.imports[first] if each.module in circle)
        yield tree.by_name[first].fault(line, f"move what both need below them: {' → '.join((*circle, first))}")


def modules_import_few_others(tree: Tree) -> Iterator[Fault]:
    counts = {
        module.name: len({each.line for each in tree.imports[module.name]})
        for module in tree.modules
        if module.stem != "assembly"
    }
    for name, count in counts.items():
        allowed, _ = house.MANY_IMPORTS.get(name, (house.IMPORTS_MAX, ""))
        if count > allowed:
            yield tree.by_name[name].fault(
                1, f"has {count} imports of ours where {allowed} are allowed: split it by what changes together"
            )
    needed = {name for name, count in counts.items() if count > house.IMPORTS_MAX}
    yield from _stale("MANY_IMPORTS", house.MANY_IMPORTS, needed)


# ── how large things get ─────────────────────────────────────────────────────────────────────────────────────────────


def functions_take_few_parameters(tree: Tree) -> Iterator[Fault]:
    needed = set()
    for module, name, function in _all_functions(tree):
        count = len(_parameters(function))
        key = f"{module.name}:{name}"
        if count > house.PARAMETERS_MAX:
            needed.add(key)
        allowed, _ = house.MANY_PARAMETERS.get(key, (house.PARAMETERS_MAX, ""))
        if count > allowed:
            yield module.fault(
                function,
                f"`{name}` has {count} parameters where {allowed} are allowed: give those that go together a name",
            )
    yield from _stale("MANY_PARAMETERS", house.MANY_PARAMETERS, needed)


def modules_and_functions_are_short(tree: Tree) -> Iterator[Fault]:
    for module in tree.modules:
        lines = len(module.text.splitlines())
        if lines > house.MODULE_LINES_MAX:
            yield module.fault(1, f"has {lines} lines: split it at {house.MODULE_LINES_MAX}")
    for module, name, function in _all_functions(tree):
        if _length(function) > house.FUNCTION_LINES_MAX:
            yield module.fault(function, f"`{name}` has {_length(function)} lines: split it")
    lengths = [_length(function) for _, _, function in _all_functions(tree)]
    if lengths and median(lengths) >= house.MEDIAN_FUNCTION_LINES_MAX:
        yield Fault("src/bursar", 1, f"half of all functions have {median(lengths):g} lines or more: shorten some")


# ── what names promise ───────────────────────────────────────────────────────────────────────────────────────────────


def modules_say_what_they_are_for(tree: Tree) -> Iterator[Fault]:
    for module in tree.modules:
        if module.stem in house.NAMES_OF_NOTHING:
            yield module.fault(1, f"`{module.stem}` says nothing: name it after what it holds")
        if not ast.get_docstring(module.tree):
            yield module.fault(1, "begin it with a docstring that says what the module promises")


def docstrings_name_their_subject(tree: Tree) -> Iterator[Fault]:
    needed = set()
    for module in tree.modules:
        for node, text in module.docstrings:
            if QUESTION.match(text):
                needed.add(key := f"{module.name}:{getattr(node, 'name', '')}")
                if key not in house.QUESTIONS:
                    yield module.fault(
                        getattr(node, "lineno", 1), "begin its docstring with the subject, not a question"
                    )
    yield from _stale("QUESTIONS", house.QUESTIONS, needed)


def what_is_got_is_there(tree: Tree) -> Iterator[Fault]:
    needed = set()
    for module, name, function in _all_functions(tree):
        if function.name.lstrip("_").startswith("get_") and _may_be_none(function):
            needed.add(key := f"{module.name}:{name}")
            if key not in house.GETS_WITHOUT_RAISING:
                yield module.fault(function, f"`{name}` may return None: call it `find_`, or raise a fact")
    yield from _stale("GETS_WITHOUT_RAISING", house.GETS_WITHOUT_RAISING, needed)


def what_is_looked_for_may_be_missing(tree: Tree) -> Iterator[Fault]:
    needed = set()
    for module, name, function in _all_functions(tree):
        if function.name.lstrip("_").startswith("find_") and _raises(function):
            needed.add(key := f"{module.name}:{name}")
            if key not in house.FINDS_WITH_RAISING:
                yield module.fault(function, f"`{name}` raises: call it `get_`, or return None")
    yield from _stale("FINDS_WITH_RAISING", house.FINDS_WITH_RAISING, needed)


def exceptions_in_docstrings_can_happen(tree: Tree) -> Iterator[Fault]:
    parents = _parents(tree)
    raised = _raised(tree)
    for module in tree.modules:
        for node, text in module.docstrings:
            for name in dict.fromkeys(names_raised(text)):
                if not _is_exception(name, parents) and not _is_foreign_exception(name, module):
                    yield module.fault(node, f"`{name}` is named after Raises and is no exception: name the class")
                elif name in parents and not raised & _with_children(name, parents):
                    yield module.fault(node, f"nothing raises `{name}`: leave it out of the docstring")


# ── where things are said ────────────────────────────────────────────────────────────────────────────────────────────


def only_dialects_know_published_numbers(tree: Tree) -> Iterator[Fault]:
    """Codes, but for round ones, which are limits and sizes elsewhere."""
    published = {code for code in _literals(tree, "codes", int) if code > 1_000 and code % 100}
    for module, node in _constants(tree):
        if type(node.value) is int and node.value in published:
            yield module.fault(node, f"raise a fact, and name {node.value} in the dialect's facts.py")


def only_dialects_know_wire_names(tree: Tree) -> Iterator[Fault]:
    wire = {
        node.value
        for module in tree.modules
        if module.stem == "fields" and module.room == "api"
        for node in module.nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+[A-Z]\w+", node.value)
    }
    needed = set()
    for module, node in _constants(tree):
        if isinstance(node.value, str) and node.value in wire:
            needed.add(key := f"{module.name}:{node.value}")
            if key not in house.WIRE_NAMES:
                yield module.fault(node, f"spell `{node.value}` in the dialect's schemas, and use a name of ours here")
    yield from _stale("WIRE_NAMES", house.WIRE_NAMES, needed)


def only_the_ledger_writes_its_tables(tree: Tree) -> Iterator[Fault]:
    writing = re.compile(
        rf"\b(?:insert\s+into|update|delete\s+from)\s+({'|'.join(house.LEDGER_TABLES)})\b", re.IGNORECASE
    )
    for path, text in tree.sql():
        if "/ledger/" not in path and "/migrations/" not in path:
            for found in writing.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                yield Fault(path, line, f"`{found[1]}` belongs to the ledger: give it an Operation instead")


def business_time_is_the_contexts(tree: Tree) -> Iterator[Fault]:
    for module in tree.modules:
        if module.is_in(house.OF_REAL_TIME):
            continue
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {
                "datetime.now",
                "datetime.utcnow",
                "time.time",
            }:
                yield module.fault(node, "ask `ctx.now()`: what is dated or due follows the one clock")


def tests_do_not_sleep(tree: Tree) -> Iterator[Fault]:
    """Where the length of a sleep is written out."""
    needed = set()
    for script in tree.tests:
        for line, text in script.lines:
            if any(float(length) > house.SLEEP_MAX_S for length in SLEEP.findall(text)):
                needed.add(script.path)
                if script.path not in house.LONG_SLEEPS:
                    yield Fault(
                        script.path, line, "move the manual clock, or await what is to happen, instead of sleeping"
                    )
    yield from _stale("LONG_SLEEPS", house.LONG_SLEEPS, needed)


RULES: Final[tuple[Rule, ...]] = (
    rooms_import_those_before_them,
    closed_places_are_imported_by_few,
    stores_are_read_by_their_own_room,
    no_modules_import_each_other,
    modules_import_few_others,
    functions_take_few_parameters,
    modules_and_functions_are_short,
    modules_say_what_they_are_for,
    docstrings_name_their_subject,
    what_is_got_is_there,
    what_is_looked_for_may_be_missing,
    exceptions_in_docstrings_can_happen,
    only_dialects_know_published_numbers,
    only_dialects_know_wire_names,
    only_the_ledger_writes_its_tables,
    business_time_is_the_contexts,
    tests_do_not_sleep,
)


# ── what the rules are made of ───────────────────────────────────────────────────────────────────────────────────────


def _stale(table: str, exceptions: Mapping[str, object], needed: Iterable[str]) -> Iterator[Fault]:
    for key in sorted(set(exceptions) - set(needed)):
        yield Fault(HOUSE, _line_of(key), f"take `{key}` out of {table}: the rule holds there without it")


def _line_of(key: str) -> int:
    lines = Path(house.__file__).read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if f'"{key}"' in line), 1)


def _all_imports(tree: Tree) -> Iterator[tuple[Module, Import]]:
    return ((module, imported) for module in tree.modules for imported in tree.imports[module.name])


def _all_functions(tree: Tree) -> Iterator[tuple[Module, str, Function]]:
    return ((module, name, function) for module in tree.modules for name, function in module.functions)


def _constants(tree: Tree) -> Iterator[tuple[Module, ast.Constant]]:
    """Outside of the places that speak to merchants and testers."""
    for module in tree.modules:
        if not module.is_in(house.DIALECTS):
            yield from ((module, node) for node in module.nodes if isinstance(node, ast.Constant))


def _literals(tree: Tree, stem: str, kind: type[T]) -> Iterator[T]:
    """Constants of the dialects' modules of this name."""
    for module in tree.modules:
        if module.room == "api" and module.stem == stem:
            for node in module.nodes:
                if isinstance(node, ast.Constant) and type(node.value) is kind:
                    yield node.value


def _dotted(node: ast.Attribute) -> str:
    return f"{_last_name(node.value)}.{node.attr}"


def _within(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def _circles(graph: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """One way around for each module that imports itself through others; each circle once."""
    seen: set[str] = set()
    for start in sorted(graph):
        circle = None if start in seen else _way_back(start, graph)
        if circle:
            seen.update(circle)
            yield circle


def _way_back(start: str, graph: Mapping[str, set[str]]) -> list[str] | None:
    """The shortest."""
    ways, reached = [[start]], {start}
    for way in ways:
        for following in sorted(graph.get(way[-1], ())):
            if following == start:
                return way
            if following not in reached:
                reached.add(following)
                ways.append([*way, following])
    return None


def _parameters(function: Function) -> list[str]:
    given = function.args
    named = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in named if name not in {"self", "cls"}]


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _may_be_none(function: Function) -> bool:
    returned = function.returns
    return returned is not None and re.search(r"\bNone\b|\bOptional\b", ast.unparse(returned)) is not None


def _raises(function: Function) -> bool:
    documented = ast.get_docstring(function) or ""
    return bool(names_raised(documented)) or any(isinstance(node, ast.Raise) for node in ast.walk(function))


def _parents(tree: Tree) -> dict[str, set[str]]:
    """The names of each class's bases; classes of one name count as one."""
    found: dict[str, set[str]] = {}
    for module in tree.modules:
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(_last_name(base) for base in node.bases)
    return found


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_exception(name: str, parents: Mapping[str, set[str]]) -> bool:
    if name not in parents:
        known = getattr(builtins, name, None)
        return isinstance(known, type) and issubclass(known, BaseException)
    return any(_is_exception(parent, parents) for parent in parents[name] if parent != name)


def _is_foreign_exception(name: str, module: Module) -> bool:
    """Whether the module imports an exception of this name from a library."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == name for alias in node.names):
            known = getattr(importlib.import_module(node.module), name, None)
            return isinstance(known, type) and issubclass(known, BaseException)
    return False


def _with_children(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    family = {name}
    while more := {child for child, above in parents.items() if above & family} - family:
        family |= more
    return family


def _raised(tree: Tree) -> set[str]:
    """Names used where an exception is made, raised or handed on; not in a dialect's facts, nor where it is caught."""
    return {name for module in tree.modules if module.stem != "facts" for node in module.nodes for name in _used(node)}


def _used(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Raise) and node.exc:
        yield _last_name(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
    elif isinstance(node, ast.Call):
        yield _last_name(node.func)
        yield from map(_last_name, (*node.args, *(keyword.value for keyword in node.keywords)))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from map(_last_name, node.elts)
    elif isinstance(node, ast.Dict):
        yield from map(_last_name, node.values)
    elif isinstance(node, ast.IfExp):
        yield from map(_last_name, (node.body, node.orelse))
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Return) and node.value:
        yield _last_name(node.value)
