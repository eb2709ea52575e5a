"""Decision records: their first lines, the records they replace or amend, and the links between them."""

import re
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))  # the index is made there

import decision_index  # noqa: E402
from decision_index import AREAS, Record, RecordUnreadable  # noqa: E402

RECORDS = decision_index.records()
BY_FILE = {record.path.name: record for record in RECORDS}
HEAD = "# 0200. A title\n\nStatus: accepted · Date: 2026-11-30 · Area: Ledger\n\nText.\n"


def test_each_number_is_given_once() -> None:
    numbers = [record.number for record in RECORDS]
    assert len(numbers) == len(set(numbers)) > 80


def test_each_title_says_something_else() -> None:
    assert len({record.title for record in RECORDS}) == len(RECORDS)


def test_titles_are_statements() -> None:
    """Neither questions nor subjects without a statement: `What a recharge costs`, `Whose keys`."""
    riddles = re.compile(r"(What|Whose|When|Where|Who|How|Why|Whether)\b")
    assert [record.title for record in RECORDS if riddles.match(record.title)] == []


def test_each_record_states_its_decision() -> None:
    assert [record.path.name for record in RECORDS if "**Decision.**" not in record.text] == []


def test_a_superseded_or_amended_record_and_its_successor_name_each_other() -> None:
    from_old = {
        (record.path.name, successor, record.is_superseded) for record in RECORDS for successor in record.successors
    }
    from_new = {(old, record.path.name, True) for record in RECORDS for old in record.replaces}
    from_new |= {(old, record.path.name, False) for record in RECORDS for old in record.amends}
    assert from_old == from_new


def test_the_index_has_every_record_once() -> None:
    index = (decision_index.FOLDER / "README.md").read_text("utf-8")
    entries = re.findall(r"^- \[\d{4}\]\(([^)]+)\)", index, re.MULTILINE)
    assert sorted(entries) == sorted(BY_FILE)


def test_records_are_named_by_links() -> None:
    plain = re.compile(r"\b[Dd]ecisions? \d+|\bsee \d+\)")
    named = [f"{record.path.name}: {found}" for record in RECORDS for found in plain.findall(record.text)]
    assert named == []


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace("# 0200. A title", "# A title"),
        HEAD.replace("0200", "0201"),
        HEAD.replace("A title", "A title."),
        HEAD.replace("Status: accepted · ", ""),
        HEAD.replace("accepted", "decided"),
        HEAD.replace("accepted", "superseded by 0092"),
        HEAD.replace("2026-11-30", "yesterday"),
        HEAD.replace("Ledger", "Somewhere"),
        HEAD.replace("Text.\n", ""),
    ],
)
def test_a_record_that_begins_otherwise_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "0200-a-title.md"
    path.write_text(text, "utf-8")
    with pytest.raises(RecordUnreadable, match=re.escape(path.name)):
        Record.read(path)


def test_a_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "0200-a-title.md"
    path.write_text(HEAD, "utf-8")
    read = Record.read(path)
    assert (read.number, read.title, read.area, read.successors) == ("0200", "A title", AREAS[0], ())
