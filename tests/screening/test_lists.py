"""Readers of lists: every published form, and files that somebody has prepared."""

from pathlib import Path

import pytest

from bursar.screening.errors import ListsMissing, ListUnreadable
from bursar.screening.lists import limits
from bursar.screening.lists.folder import lists_in
from bursar.screening.model import EntryKind, ListedEntry
from tests.screening.formats import Listed, eu_xml, ofac_csv, ofac_xml, own_csv, un_xml

SOMEBODY = Listed(17, "Omar Hassan", "AL-BASHIR", aliases=("Omar EL BASHIR", "عمر البشير"), address="0xAbC" + "0" * 37)
COMPANY = Listed(18, "", "ACME TRADING LLC", kind="entity")


def read(folder: Path) -> dict[str, list[ListedEntry]]:
    return {one.source: list(one.read()) for one in lists_in(folder)}


def test_ofac_csv_with_its_other_names_and_addresses(tmp_path: Path) -> None:
    ofac_csv(tmp_path, [SOMEBODY, COMPANY])
    person, company = read(tmp_path)["ofac-sdn"]
    assert person.reference == "17"
    assert person.kind is EntryKind.PERSON
    assert person.names == ("Omar Hassan AL-BASHIR", "Omar EL BASHIR", "عمر البشير")
    assert person.addresses == (SOMEBODY.address,)
    assert person.details["countries"] == ["Syria"]
    assert person.details["born"] == ["01 Jan 1960"]
    assert (company.kind, company.names) == (EntryKind.ORGANISATION, ("ACME TRADING LLC",))


def test_the_consolidated_list_stands_beside_the_other_one(tmp_path: Path) -> None:
    ofac_csv(tmp_path, [SOMEBODY])
    ofac_csv(tmp_path, [COMPANY], prefix="cons")
    assert set(read(tmp_path)) == {"ofac-sdn", "ofac-consolidated"}


def test_ofac_xml(tmp_path: Path) -> None:
    ofac_xml(tmp_path, [SOMEBODY, COMPANY])
    person, company = read(tmp_path)["ofac-sdn"]
    assert person.names == ("Omar Hassan AL-BASHIR", "Omar EL BASHIR", "عمر البشير")
    assert person.addresses == (SOMEBODY.address,)
    assert company.kind is EntryKind.ORGANISATION
    assert lists_in(tmp_path)[0].published == "03/02/2026"


def test_un_xml(tmp_path: Path) -> None:
    un_xml(tmp_path, [SOMEBODY])
    [person] = read(tmp_path)["un"]
    assert person.names == ("Omar Hassan AL-BASHIR", "Omar EL BASHIR", "عمر البشير")
    assert person.details == {
        "programme": "Al-Qaida",
        "number": "QDi.17",
        "born": ["1960"],
        "countries": ["Syria"],
    }


def test_eu_xml(tmp_path: Path) -> None:
    eu_xml(tmp_path, [SOMEBODY])
    [person] = read(tmp_path)["eu"]
    assert person.reference == "17"
    assert person.names == ("Omar Hassan AL-BASHIR", "Omar EL BASHIR", "عمر البشير")
    assert person.details["countries"] == ["SY"]


def test_a_list_of_our_own(tmp_path: Path) -> None:
    own_csv(tmp_path, "a1,person,Jane Doe,,fraud in May", "a1,person,Jane Roe,0x" + "1" * 40 + ",", "a2,,,TX9,")
    first, second = read(tmp_path)["own-own"]
    assert first.names == ("Jane Doe", "Jane Roe")
    assert first.addresses == ("0x" + "1" * 40,)
    assert first.details == {"remarks": "fraud in May"}
    assert (second.names, second.addresses) == (("TX9",), ("TX9",))


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sdnList>&b;</sdnList>'
FAR = '<?xml version="1.0"?><!DOCTYPE sdnList SYSTEM "file:///etc/passwd"><sdnList></sdnList>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sdn.xml", BOMB),
        ("sdn.xml", FAR),
        ("sdn.xml", "<sdnList><sdnEntry><uid>1</uid>"),
        ("sdn.xml", "<sdnList>" + "<a>" * 40 + "</a>" * 40 + "</sdnList>"),
        ("sdn.xml", "<html></html>"),
        ("sdn.xml", "not at all"),
        ("sdn.xml", "<sdnList><sdnEntry><uid>1</uid><lastName>" + "x" * 600 + "</lastName></sdnEntry></sdnList>"),
        ("sdn.xml", "<sdnList><sdnEntry><lastName>No Number</lastName></sdnEntry></sdnList>"),
        ("sdn.xml", '<?xml version="1.0" encoding="utf-7"?><sdnList></sdnList>'),
        ("sdn.xml", '<?xml version="1.0" encoding="king"?><sdnList></sdnList>'),
        (
            "sdn.xml",
            b'<?xml version="1.0" encoding="UTF-8"?><sdnList><sdnEntry><uid>1</uid>' + b"\xff</sdnEntry>",
        ),
        ("un.xml", BOMB.replace("sdnList", "CONSOLIDATED_LIST")),
        ("un.xml", "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID>"),
        ("eu.xml", BOMB.replace("sdnList", "export")),
        ("eu.xml", '<export><sanctionEntity logicalId="1"><nameAlias wholeName="A B"/>'),
        ("own.csv", "reference,kind,name\n1,person,Jane Doe".encode("utf-16")),
        ("sdn.csv", '1,"NAME"'),
        ("own.csv", "a,b,c\n1,2,3"),
        ("own.csv", "reference,kind,name\n1,person"),
        ("own.csv", "reference,kind,name\n1,king,Arthur"),
        ("own.csv", "reference,kind,name\n1,person," + "x" * 200_000),
        ("own.csv", b"reference,kind,name\n1,person,\xff\xfe"),
        ("list.txt", "names"),
    ],
)
def test_a_file_that_is_not_as_published_is_refused_whole(tmp_path: Path, name: str, content: str | bytes) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ListUnreadable):
        read(tmp_path)


def test_an_ofac_list_without_its_other_files_is_refused(tmp_path: Path) -> None:
    ofac_csv(tmp_path, [SOMEBODY])
    (tmp_path / "alt.csv").unlink()
    with pytest.raises(ListUnreadable, match=r"alt\.csv and add\.csv belong to it"):
        read(tmp_path)


def test_names_of_nobody_in_the_list_are_refused(tmp_path: Path) -> None:
    ofac_csv(tmp_path, [SOMEBODY])
    with (tmp_path / "alt.csv").open("w") as file:
        file.write('99,1,"aka","SOMEBODY ELSE",-0- \n')
    with pytest.raises(ListUnreadable, match=r"entries that sdn\.csv does not have"):
        read(tmp_path)


def test_one_list_from_two_files_is_refused(tmp_path: Path) -> None:
    ofac_csv(tmp_path, [SOMEBODY])
    ofac_xml(tmp_path, [SOMEBODY])
    with pytest.raises(ListUnreadable, match="two files hold the list ofac-sdn"):
        lists_in(tmp_path)


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ofac_xml(tmp_path, [SOMEBODY])
    monkeypatch.setattr(limits, "FILE_BYTES_MAX", 100)
    with pytest.raises(ListUnreadable, match="larger than 100 bytes"):
        lists_in(tmp_path)


def test_a_folder_without_lists_is_said(tmp_path: Path) -> None:
    with pytest.raises(ListsMissing):
        lists_in(tmp_path)
    with pytest.raises(ListsMissing):
        lists_in(tmp_path / "nowhere")
