"""Named statements from a `queries.sql` beside the module that uses them.

A statement starts with `-- name: get_card` and one sentence of purpose. SQL is written as SQL; nothing here builds any.
Statements whose parameters are whole columns (`%(ids)s::bigint[]`) carry the mark `:set` after the name: they write or
lock many rows at once, and the ledger feeds them the rows of a whole batch. `{record}` stands for a table, in a
statement on tables of one shape.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import LiteralString

_HEADER = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)(?P<mark> :set)?$", re.MULTILINE)
_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One named statement, itself alone."""

    name: str
    sql: LiteralString
    set_wise: bool
    parameters: tuple[str, ...]
    """Names in order of first use."""


class Queries:
    """The statements of one file, as attributes."""

    def __init__(self, package: str, statements: Mapping[str, Query]) -> None:
        self._package = package
        self._statements = statements
        self.__dict__.update(statements)  # found like any attribute, without a call

    def __getattr__(self, name: str) -> Query:
        raise AttributeError(f"{self._package} has no statement named {name}")

    def __iter__(self) -> Iterator[Query]:
        return iter(self._statements.values())


@cache
def load_queries(package: str) -> Queries:
    """The statements in `queries.sql` of a package; raises ValueError for a file that is not in shape."""
    text = resources.files(package).joinpath("queries.sql").read_text("utf-8")
    return Queries(package, {query.name.rpartition(".")[2]: query for query in parse(text, package)})


def parse(text: str, package: str) -> list[Query]:
    """The statements of one file in order."""
    headers = list(_HEADER.finditer(text))
    if text.count("-- name:") != len(headers):
        raise ValueError(f"{package}: a '-- name:' line is malformed")
    ends = [header.start() for header in headers[1:]] + [len(text)]
    queries = [_query(header, text[header.end() : end], package) for header, end in zip(headers, ends, strict=True)]
    if len({query.name for query in queries}) != len(queries):
        raise ValueError(f"{package}: a statement's name stands twice")
    return queries


def _query(header: re.Match[str], body: str, package: str) -> Query:
    purpose, _, _ = body.strip().partition("\n")
    if not purpose.startswith("-- "):
        raise ValueError(f"{package}: {header['name']} does not say what it is for")
    sql = body.strip().removesuffix(";")
    parameters = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    return Query(f"{package}.{header['name']}", sql, bool(header["mark"]), parameters)
