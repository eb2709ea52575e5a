"""The lists in a folder, each by the names of its files or its root element."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bursar.screening.errors import ListsMissing, ListUnreadable
from bursar.screening.lists import eu_xml, ofac_csv, ofac_xml, own_csv, un_xml
from bursar.screening.lists.limits import check_file, read_root
from bursar.screening.model import ListedEntry

FILES_MAX: Final = 100
_OFAC_FILES: Final = {
    "sdn.csv": ("ofac-sdn", "alt.csv", "add.csv", "sdn_comments.csv"),
    "cons_prim.csv": ("ofac-consolidated", "cons_alt.csv", "cons_add.csv", "cons_comments.csv"),
}
_BESIDE: Final = frozenset(name for _, *names in _OFAC_FILES.values() for name in names)


@dataclass(frozen=True, slots=True)
class ListFiles:
    """One list: its name, its files, and the way to read them."""

    source: str
    files: tuple[Path, ...]
    read: Callable[[], Iterator[ListedEntry]]
    published: str | None = None


def lists_in(folder: Path) -> list[ListFiles]:
    """The lists of a folder by name; raises ListsMissing or ListUnreadable, also for files that are no list."""
    if not folder.is_dir():
        raise ListsMissing(str(folder))
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if len(paths) > FILES_MAX:
        raise ListUnreadable(folder.name, f"there are more than {FILES_MAX} files in the folder")
    found = [one for path in paths if path.name.lower() not in _BESIDE for one in [_list_of(path)]]
    if not found:
        raise ListsMissing(str(folder))
    names = [one.source for one in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ListUnreadable(folder.name, f"two files hold the list {', '.join(sorted(twice))}")
    return found


def _list_of(path: Path) -> ListFiles:
    check_file(path)
    suffix = path.suffix.lower()
    if path.name.lower() in _OFAC_FILES:
        return _ofac_csv(path)
    if suffix == ".csv":
        return ListFiles(f"own-{path.stem.lower()}", (path,), lambda: own_csv.read(path))
    if suffix == ".xml":
        return _xml(path)
    raise ListUnreadable(path.name, "it is neither CSV nor XML")


def _ofac_csv(primary: Path) -> ListFiles:
    source, *names = _OFAC_FILES[primary.name.lower()]
    there = {path.name.lower(): path for path in primary.parent.iterdir()}
    alt, add, comments = (there.get(name) for name in names)
    if alt is None or add is None:
        raise ListUnreadable(primary.name, f"{names[0]} and {names[1]} belong to it, and are not both there")
    files = (primary, alt, add, *([comments] if comments else []))
    return ListFiles(source, files, lambda: ofac_csv.read(primary, alt, add, comments))


def _xml(path: Path) -> ListFiles:
    root, stamp = _root(path)
    if root in ofac_xml.ROOTS:
        source = "ofac-consolidated" if "cons" in path.name.lower() else "ofac-sdn"
        return ListFiles(source, (path,), lambda: ofac_xml.read(path), ofac_xml.published(path))
    if root in un_xml.ROOTS:
        return ListFiles("un", (path,), lambda: un_xml.read(path), stamp)
    if root in eu_xml.ROOTS:
        return ListFiles("eu", (path,), lambda: eu_xml.read(path), stamp)
    raise ListUnreadable(path.name, "its root element is that of no list of OFAC, the UN or the EU")


def _root(path: Path) -> tuple[str, str | None]:
    """The name of the root element, and the day that it says of itself."""
    name, said = read_root(path)
    return name, said.get("dateGenerated") or said.get("generationDate")
