"""Lists in the published formats, written by the tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Listed:
    """An entry."""

    number: int
    given: str
    family: str
    kind: str = "individual"
    aliases: tuple[str, ...] = ()
    country: str = "Syria"
    address: str | None = None

    @property
    def name(self) -> str:
        return f"{self.family}, {self.given}" if self.given else self.family


def ofac_csv(folder: Path, entries: Sequence[Listed], *, prefix: str = "") -> None:
    """`sdn.csv`, `alt.csv` and `add.csv`, or those of the consolidated list, as OFAC writes them."""
    names = ("cons_prim", "cons_alt", "cons_add") if prefix else ("sdn", "alt", "add")
    primary, alt, add = [], [], []
    for one in entries:
        kind = f'"{one.kind}"' if one.kind == "individual" else "-0- "
        remark = f"DOB 01 Jan 1960; Digital Currency Address - ETH {one.address};" if one.address else "-0- "
        quoted = f'"{remark}"' if one.address else remark
        primary.append(f'{one.number},"{one.name}",{kind},"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,{quoted}')
        alt += [f'{one.number},{at},"aka","{name}",-0- ' for at, name in enumerate(one.aliases)]
        add.append(f'{one.number},1,-0- ,-0- ,"{one.country}",-0- ')
    for name, rows in zip(names, (primary, alt, add), strict=True):
        (folder / f"{name}.csv").write_text("".join(f"{row}\r\n" for row in rows) + "\x1a", "utf-8")


def ofac_xml(folder: Path, entries: Sequence[Listed], *, name: str = "sdn.xml") -> None:
    """`sdn.xml`."""

    def one(entry: Listed) -> str:
        akas = "".join(
            f"<aka><uid>1</uid><type>a.k.a.</type><lastName>{escape(alias)}</lastName></aka>" for alias in entry.aliases
        )
        paper = (
            "<idList><id><uid>2</uid><idType>Digital Currency Address - ETH</idType>"
            f"<idNumber>{entry.address}</idNumber></id></idList>"
            if entry.address
            else ""
        )
        kind = "Individual" if entry.kind == "individual" else "Entity"
        return (
            f"<sdnEntry><uid>{entry.number}</uid><firstName>{escape(entry.given)}</firstName>"
            f"<lastName>{escape(entry.family)}</lastName><sdnType>{kind}</sdnType>"
            f"<programList><program>SDGT</program></programList>{paper}<akaList>{akas}</akaList>"
            f"<addressList><address><uid>3</uid><country>{entry.country}</country></address></addressList></sdnEntry>"
        )

    body = "".join(map(one, entries))
    (folder / name).write_text(
        '<?xml version="1.0" standalone="yes"?><sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/x">'
        "<publshInformation><Publish_Date>03/02/2026</Publish_Date><Record_Count>1</Record_Count></publshInformation>"
        f"{body}</sdnList>",
        "utf-8",
    )


def un_xml(folder: Path, entries: Sequence[Listed]) -> None:
    """The Security Council's consolidated list."""

    def one(entry: Listed) -> str:
        aliases = "".join(
            f"<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{escape(alias)}</ALIAS_NAME></INDIVIDUAL_ALIAS>"
            for alias in entry.aliases
        )
        return (
            f"<INDIVIDUAL><DATAID>{entry.number}</DATAID><FIRST_NAME>{escape(entry.given)}</FIRST_NAME>"
            f"<SECOND_NAME>{escape(entry.family)}</SECOND_NAME><UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE>"
            f"<REFERENCE_NUMBER>QDi.{entry.number}</REFERENCE_NUMBER>"
            f"<NATIONALITY><VALUE>{entry.country}</VALUE></NATIONALITY>{aliases}"
            "<INDIVIDUAL_DATE_OF_BIRTH><YEAR>1960</YEAR></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL>"
        )

    body = "".join(map(one, entries))
    (folder / "consolidated.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST dateGenerated="2026-03-01T01:00:00Z">'
        f"<INDIVIDUALS>{body}</INDIVIDUALS><ENTITIES></ENTITIES></CONSOLIDATED_LIST>",
        "utf-8",
    )


def eu_xml(folder: Path, entries: Sequence[Listed]) -> None:
    """The Union's consolidated list, version 1.1."""

    def one(entry: Listed) -> str:
        names = (f"{entry.given} {entry.family}", *entry.aliases)
        aliases = "".join(f'<nameAlias wholeName={quoteattr(name)} strong="true" logicalId="9"/>' for name in names)
        return (
            f'<sanctionEntity logicalId="{entry.number}" euReferenceNumber="EU.{entry.number}.1">'
            '<regulation programme="SYR" logicalId="1"/><subjectType code="person" classificationCode="P"/>'
            f'{aliases}<citizenship countryIso2Code="SY"/><birthdate birthdate="1960-01-01"/></sanctionEntity>'
        )

    body = "".join(map(one, entries))
    (folder / "eu.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" '
        f'generationDate="2026-03-01T00:00:00.000+01:00">{body}</export>',
        "utf-8",
    )


def own_csv(folder: Path, *rows: str, name: str = "own.csv") -> None:
    """A list of the operator's own."""
    text = "".join(f"{row}\n" for row in ("reference,kind,name,address,reason", *rows))
    (folder / name).write_text(text, "utf-8")
