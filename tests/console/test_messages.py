"""Catalogues: each key in three languages, none unused and none missing, and the words of the services have texts."""

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import nodes

import bursar.console
from bursar.accounting.model import Kind as BookingKind
from bursar.accounting.model import Section
from bursar.api.languages import Language
from bursar.console.html import templates
from bursar.console.machines import MACHINES
from bursar.console.merchant.site import PLAYED
from bursar.console.messages import Messages, Text, messages_of
from bursar.console.page import Group
from bursar.console.refusals import FAMILIES, PROTOCOL, ROWS
from bursar.console.staff import (
    install,
    merchant,
    merchant_keys,
    merchant_terms,
    merchant_users,
    merchants,
    money,
    products,
    rates,
)
from bursar.console.staff.forms import Form
from bursar.console.staff.queue import WITH_MORE
from bursar.console.staff.site import STAFF
from bursar.customers.desk.model import Verdict
from bursar.customers.model import DocumentKind
from bursar.files.purposes import FilePurpose
from bursar.lookup.model import KINDS
from bursar.lookup.objects.model import OBJECT_KINDS
from bursar.screening.model import HitStatus
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.roles import Role
from tests.api.operator.desk import Desk
from tests.decisions.bureau import Bureau

HERE = Path(bursar.console.__file__).parent
FORMS = frozenset(
    {"form", "about", "field", "hint", "module", "api", "detail", "iban", "suspension", "bearer", "answer", "account"}
    | {"section", "booking", "money_source", "received", "key_kind"}
)
WORDS = frozenset(
    {
        "action",
        "draft",
        "column",
        "fault",
        "method",
        "purse",
        "key",
        "answer",
        "check",
        "standing",
        "settled",
        "outcome",
        "step",
        "detail",
        "quota",
        "role_about",
        "status",
        "source",
        "push",
        "role",
        "found",
        "fact",
        "kind",
        "result",
        "effect",
        "theme",
        "group",
        "kinds",
        "secret",
        "older",
        "purpose",
        "verdict",
        "subject",
        "hit",
        "entry",
        "document",
        "generation",
        "key_kind",
        "mode",
        "pool",
        "product_kind",
        "setting_source",
    }
    | FORMS
)
"""Families, whose keys are chosen by words of the services."""
NOTES = re.compile(r'"(note\.[a-z_]+)"')
ENGLISH = messages_of(Language.ENGLISH)
OF_FORMS = (install, merchant, merchant_keys, merchant_terms, merchant_users, merchants, money, products, rates)
FORMS_OF_STAFF = [form for module in OF_FORMS for form in module.FORMS]


def said_in(template: str) -> Iterator[str]:
    """The keys of texts that a template asks for, also those of a choice."""
    source, _, _ = templates().loader.get_source(templates(), template)  # type: ignore[union-attr]
    for call in templates().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            yield from (each.value for each in call.args[0].find_all(nodes.Const))
            if isinstance(call.args[0], nodes.Const):
                yield call.args[0].value


def said_by_code() -> Iterator[str]:
    """The keys that modules name."""
    for path in HERE.rglob("*.py"):
        text = path.read_text("utf-8")
        yield from NOTES.findall(text)
        for node in ast.walk(ast.parse(text)):
            of_messages = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("messages")
            if of_messages and node.args and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                yield node.args[0].value  # type: ignore[attr-defined]
    yield from (f"refusal.{key}" for _, key in (*ROWS.values(), *FAMILIES.values()))
    yield from (f"refusal.{key}" for key in PROTOCOL)
    yield from (place.key for site in (STAFF, PLAYED) for place in site.places)
    yield "name"


def places_of(text: Text) -> set[str]:
    texts = [text] if isinstance(text, str) else [text["other"]]
    return {name for each in texts for _, name, _, _ in string.Formatter().parse(each) if name}


def test_each_text_is_used_and_each_that_is_used_is_there() -> None:
    used = {key for name in templates().list_templates() for key in said_in(name)} | set(said_by_code())
    free = {key for key in ENGLISH.texts if key.partition(".")[0] not in WORDS}
    assert used - free == set()
    assert free - used == set()


@pytest.mark.parametrize("language", [Language.ARABIC, Language.CHINESE])
def test_each_text_is_translated_with_the_same_places_and_all_plural_forms(language: Language) -> None:
    other = messages_of(language)
    assert set(other.texts) == set(ENGLISH.texts)
    for key, text in ENGLISH.texts.items():
        assert places_of(other.texts[key]) == places_of(text), key
        if isinstance(text, str):
            same = other.texts[key] == text
            assert not same or text in ("SWIFT", "API"), f"{key} is not translated"
        else:
            assert set(other.texts[key]) == set(other.locale.plural_form.tags) | {"other"}, key


def test_plural_forms_are_those_of_the_language() -> None:
    arabic = messages_of(Language.ARABIC)
    assert [arabic("you.codes_left", count=count) for count in (0, 1, 2, 3, 11, 100)] == [
        "لم يبق أي رمز استرداد.",
        "بقي رمز استرداد واحد.",
        "بقي رمزا استرداد.",
        "بقيت 3 رموز استرداد.",
        "بقي 11 رمز استرداد.",
        "بقي 100 رمز استرداد.",
    ]
    assert ENGLISH("you.codes_left", count=1) == "One recovery code is left."


def test_a_word_without_a_text_is_shown_as_it_is_said() -> None:
    assert Messages(Language.ENGLISH, {}).word("status", "on_the_moon") == "on the moon"


@pytest.mark.parametrize("form", FORMS_OF_STAFF, ids=lambda form: form.do)
def test_each_form_has_a_title_a_sentence_labels_and_words_of_its_choices(form: Form) -> None:
    words = {f"form.{form.do}", f"about.{form.do}"} | {f"field.{name}" for name in form.carries}
    words |= {f"field.{each.name}" for each in form.fields}
    words |= {f"{each.family}.{choice}" for each in form.fields if each.family for choice in each.choices}
    assert words - set(ENGLISH.texts) == set()


def test_the_words_of_money_have_texts() -> None:
    words = {f"section.{each.replace(' ', '_')}" for each in Section} | {f"booking.{kind}" for kind in BookingKind}
    assert words - set(ENGLISH.texts) == set()


async def test_the_words_of_the_services_have_texts(bureau: Bureau) -> None:
    desk = Desk(bureau, decisions=bureau.decisions)
    sources = [*desk.rooms.decisions.sources, *bureau.decisions.sources]
    assert sources
    words = {f"status.{status}" for kind in OBJECT_KINDS for status in kind.statuses}
    words |= {f"status.{state}" for machine in MACHINES.values() for rank in machine.ranks for state in rank}
    words |= {f"kind.{kind}" for kind in (*KINDS, *(source.kind for source in sources))}
    words |= {f"result.{result}" for source in sources for result in source.results}
    words |= {
        f"effect.{source.kind}_{result}"
        for source in sources
        for result in source.results
        if (source.kind, result) not in WITH_MORE
    }
    words |= {f"document.{kind}" for kind in DocumentKind} | {f"purpose.{purpose}" for purpose in FilePurpose}
    words |= {f"verdict.{verdict}" for verdict in Verdict} | {f"hit.{status}" for status in HitStatus}
    words |= {f"role.{role}" for role in (*Role, *MerchantRole)}
    words |= {f"group.{group}" for group in Group}
    words |= {
        f"fact.{each.name}"
        for kind in OBJECT_KINDS
        for each in fields(kind.row)
        if each.name not in ("merchant_id", "id", "status", "created_at")
    }
    await bureau.of_each()
    olga = await (await bureau.owner()).sign_in()
    words |= {f"fact.{name}" for each in await bureau.waiting(olga) for name in each.about}
    assert words - set(ENGLISH.texts) == set()
