"""The files of migrations, and the lines at their head that say how they are applied.

A head has up to two lines, `-- compatible_from: 20` and `-- transaction: none`. The first states the oldest program
that may run on the migration, a program being named by the newest migration it knows. The second has each statement
committed by itself; those are indexes alone, made or dropped CONCURRENTLY, in a form that can be run again after it was
cut off.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib import resources
from typing import Final, Self

_LINE: Final = re.compile(r"-- (compatible_from|transaction): (\S+)\n")
_COMMENT: Final = re.compile(r"^ *--.*\n", re.MULTILINE)
_INDEX: Final = re.compile(
    r"(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS|DROP INDEX CONCURRENTLY IF EXISTS) (\w+)\b"
)


@dataclass(frozen=True, slots=True)
class IndexStep:
    """One statement outside a transaction."""

    index: str
    sql: str


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, kept in the record of migrations."""
        return sha256(self.sql.encode()).hexdigest()

    @property
    def compatible_from(self) -> int:
        """The newest migration that a program must know to run on this one; its own number if it states none."""
        return int(self._head.get("compatible_from", self.version))

    @property
    def is_in_transaction(self) -> bool:
        """False: `index_steps` are committed one by one."""
        return "transaction" not in self._head

    def index_steps(self) -> list[IndexStep]:
        """The statements of a file with `transaction: none`. Raises ValueError for one that cannot be run again."""
        text = _COMMENT.sub("", self.sql)
        return [self._index_step(statement.strip()) for statement in text.split(";") if statement.strip()]

    def _index_step(self, statement: str) -> IndexStep:
        found = _INDEX.match(statement)
        if found is None:
            raise ValueError(
                f"{self.version:04d}: without a transaction there are only CREATE INDEX CONCURRENTLY IF NOT EXISTS and"
                f" DROP INDEX CONCURRENTLY IF EXISTS, not: {statement}"
            )
        return IndexStep(found[1], statement)

    @cached_property
    def _head(self) -> dict[str, str]:
        """Values of the lines with which the file begins. Raises ValueError for a `transaction` other than none."""
        head: dict[str, str] = {}
        at = 0
        while line := _LINE.match(self.sql, at):
            head[line[1]] = line[2]
            at = line.end()
        if head.get("transaction", "none") != "none":
            raise ValueError(f"{self.version:04d}: `-- transaction:` has one value, none")
        return head


@dataclass(frozen=True)
class MigrationList:
    """Migrations that are numbered together, and the table that records which of them a database has."""

    record: str
    """The table's name."""
    migrations: tuple[Migration, ...]
    """In order."""

    @classmethod
    def of(cls, package: str, record: str) -> Self:
        """The SQL files of a package."""
        files = [path for path in resources.files(package).iterdir() if path.name.endswith(".sql")]
        found = [Migration(int(path.name[:4]), path.name[5:-4], path.read_text("utf-8")) for path in files]
        return cls(record, tuple(sorted(found, key=lambda migration: migration.version)))

    @property
    def newest(self) -> int:
        """The number by which a program is named that knows this list; 0: it is empty."""
        return max((migration.version for migration in self.migrations), default=0)


@cache
def core() -> MigrationList:
    """The migrations of every install."""
    return MigrationList.of("bursar.db.migrations", "migration")


def migrations() -> list[Migration]:
    """Those of every install, in order."""
    return list(core().migrations)
