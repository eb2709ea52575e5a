"""The neutral model that both SDKs are generated from: resources, methods, types, errors, events.

It is read from the OpenAPI documents as they are served, of both merchant APIs and of the sandbox's control API, and
from the two lists of codes; `sdk_names` adds names and how a call may be repeated. It knows nothing of a language:
names are in snake case, types are words. Raises Incomplete where an endpoint lacks a name.

    api = card()                     payout(), control()
    api.resources[0].methods[0].fields[0].type.kind
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from unittest.mock import MagicMock

from fastapi.routing import APIRoute

import sdk_names as names
from bursar.api.card.app import ENDPOINTS as CARD_ENDPOINTS
from bursar.api.card.codes import Code as CardCode
from bursar.api.card.openapi import document as card_document
from bursar.api.card.pushes import PUSHES as CARD_PUSHES
from bursar.api.payout.app import ENDPOINTS as PAYOUT_ENDPOINTS
from bursar.api.payout.codes import Code as PayoutCode
from bursar.api.payout.openapi import document as payout_document
from bursar.api.payout.pushes import PUSHES as PAYOUT_PUSHES
from bursar.sandbox.control.openapi import PREFIX as CONTROL_PREFIX
from bursar.sandbox.control.openapi import document as control_document
from bursar.sandbox.control.routes import Control
from incomplete import Incomplete
from sdk_schemas import Field, Json, Schema, Schemas, Type, unique

__all__ = ["Api", "Error", "Event", "Field", "Method", "Resource", "Schema", "Type", "card", "control", "payout"]

ADDRESS: Final = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Method:
    """An endpoint."""

    name: str
    verb: str
    path: str
    """Whole, as it is signed; of the control API with `{parameter}` in it."""
    title: str
    text: str
    """More about it, in Markdown; may be empty."""
    fields: tuple[Field, ...]
    answer: Type
    """`nothing`, `file`, a `schema`, or a `list` of one."""
    paged: bool
    """The answer is one page: an iterator goes through all. `answer` is then a list of the items."""
    encrypted: bool
    """Body and data are a JWE (card API)."""
    form: bool
    """The body is a multipart form."""
    repeat: str
    """How it may be repeated when nobody knows what came of it: `read` (changes nothing), `id` (the same request id
    again: done once), `same` (sets a state: doing it again changes nothing), `reference` (see `reference`), `never`."""
    reference: tuple[str, int, str] | None
    """Wire name of the parameter, the code that says that it was used already, and the `resource.method` that finds
    what was made with it."""
    codes: tuple[int, ...]
    """Its own codes, besides those that every call may have."""
    nulls: bool = False
    """A null in the request differs from a field left out."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Methods that belong together."""

    name: str
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class Error:
    """A published code but success."""

    api: str
    code: int
    name: str
    """Of the class."""
    text: str
    """As published, with `{0}` and `{1}` where something is filled in."""
    family: str
    """`authentication`, `permission`, `parameter`, `rate_limit`, `service_fault`, or `refused`."""
    transient: bool
    """A call that may be repeated is repeated after it."""
    names_parameter: bool
    """`{0}` in the text is the wire name of a parameter."""


@dataclass(frozen=True, slots=True)
class Event:
    """A push."""

    wire: str
    title: str
    """Of the class."""
    sentence: str
    detail: Type
    """`nothing` for the challenge of a URL."""


@dataclass(frozen=True, slots=True)
class Api:
    """One of the three."""

    name: str
    prefix: str
    resources: tuple[Resource, ...]
    schemas: tuple[Schema, ...]
    errors: tuple[Error, ...]
    events: tuple[Event, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        """All of them."""
        return tuple(method for resource in self.resources for method in resource.methods)


@cache
def card() -> Api:
    """The card and wallet API."""
    document = card_document(CARD_ENDPOINTS, ADDRESS, CARD_PUSHES)
    return _merchant_api("card", document, names.CARD, CardCode)


@cache
def payout() -> Api:
    """The payout and OTP API; paths are those of version 1, and `v2` in place of `v1` is version 2."""
    document = payout_document(PAYOUT_ENDPOINTS, ADDRESS, PAYOUT_PUSHES)
    return _merchant_api("payout", document, names.PAYOUT, PayoutCode)


@cache
def control() -> Api:
    """The sandbox's control API: one resource, without errors and events of its own."""
    router = Control(MagicMock()).router()
    routes = [each for each in router.routes if isinstance(each, APIRoute)]
    document = control_document(routes, ADDRESS)
    schemas = Schemas("control", document["components"]["schemas"])
    calls = [(verb, route) for route in routes for verb in sorted(route.methods or ())]
    methods = tuple(
        _control_method(verb, route, document["paths"][CONTROL_PREFIX + route.path][verb.lower()], schemas)
        for verb, route in calls
        if f"{verb} {route.path}" not in names.STREAMS
    )
    unique((method.name for method in methods), "sdk_names.CONTROL needs a name for each of the sandbox's calls")
    return Api("control", CONTROL_PREFIX, (Resource("sandbox", methods),), schemas.used(), (), ())


# ── merchant APIs ────────────────────────────────────────────────────────────────────────────────────────────────────


def _merchant_api(name: str, document: Json, called: Mapping[str, str], codes: Iterable[Any]) -> Api:
    schemas = Schemas(name, document["components"]["schemas"])
    resources: dict[str, list[Method]] = {}
    for path, item in document["paths"].items():
        for verb, described in item.items():
            full = _name_of(name, called, verb, path.removeprefix(document["x-prefix"]))
            made = _method(name, full, f"{verb.upper()} {path}", described, schemas)
            resources.setdefault(full.partition(".")[0], []).append(made)
    events = tuple(_event(wire, item["post"], schemas) for wire, item in document["webhooks"].items())
    return Api(
        name,
        document["x-prefix"],
        tuple(Resource(each, tuple(methods)) for each, methods in resources.items()),
        schemas.used(),
        tuple(_errors(name, codes)),
        events,
    )


def _name_of(api: str, called: Mapping[str, str], verb: str, path: str) -> str:
    key = path if api == "card" else f"{verb.upper()} {path}"
    if key not in called:
        raise Incomplete(f"tools/sdk_names.py has no name for {key} of the {api} API: add it to {api.upper()}")
    return called[key]


def _method(api: str, full: str, endpoint: str, described: Json, schemas: "Schemas") -> Method:
    """The method that is called `resource.method` and is `VERB path` on the wire."""
    fields, form = _asked(described, schemas)
    answer, paged = _answered(described, schemas)
    verb, _, path = endpoint.partition(" ")
    return Method(
        name=full.partition(".")[2],
        verb=verb,
        path=path,
        title=described["summary"],
        text=described["x-details"],
        fields=fields,
        answer=answer,
        paged=paged or any(field.wire == "pageno" for field in fields),
        encrypted=described["x-encrypted"],
        form=form,
        repeat=_repeat(api, full, verb, described),
        reference=names.REFERENCES.get(full) if api == "payout" else None,
        codes=tuple(described["x-codes"]),
    )


def _repeat(api: str, full: str, verb: str, described: Json) -> str:
    if full in names.ONE_TIME:
        return "never"
    if api == "card":
        return "id" if described["x-mutating"] else "read"
    if verb == "GET":
        return "read"
    if full not in names.PAYOUT_REPEATS:
        raise Incomplete(f"tools/sdk_names.py does not say how {full} may be repeated: add it to PAYOUT_REPEATS")
    return names.PAYOUT_REPEATS[full]


def _asked(described: Json, schemas: "Schemas") -> tuple[tuple[Field, ...], bool]:
    """The fields of a request, and if it is a form."""
    if "requestBody" in described:
        kind, media = next(iter(described["requestBody"]["content"].items()))
        form = kind == "multipart/form-data"
        schema = schemas.resolved(_plaintext(media["schema"]))
        fields = schemas.fields(schema, asked=True)
        return tuple(replace(field, where="form") for field in fields) if form else fields, form
    asked = [parameter for parameter in described["parameters"] if parameter.get("in") in ("query", "path")]
    return tuple(schemas.parameter(parameter) for parameter in asked), False


def _answered(described: Json, schemas: "Schemas") -> tuple[Type, bool]:
    content = described["responses"]["200"]["content"]
    if len(content) > 1:
        return Type("file"), False
    data = content["application/json"]["schema"]["properties"]["data"]["anyOf"][0]
    schema = _plaintext(data)
    properties = schemas.resolved(schema).get("properties", {})
    if {"pageNo", "list"} <= properties.keys():
        return schemas.type(properties["list"], asked=False), True
    return schemas.type(schema, asked=False), False


def _plaintext(schema: Json) -> Json:
    """The schema of an encrypted body's payload, or the one given."""
    payload: Json = schema.get("properties", {}).get("payload", {})
    found: Json = payload.get("contentSchema", schema)
    return found


def _event(wire: str, described: Json, schemas: "Schemas") -> Event:
    media = next(iter(described["requestBody"]["content"].values()))["schema"]
    properties = media.get("contentSchema", media)["properties"]
    detail = properties.get("detail", properties.get("data"))
    kind = Type("nothing") if detail is None else schemas.type(detail, asked=False)
    return Event(wire, _event_title(wire), described["summary"], kind)


_EVENT_TITLES: Final[Mapping[str, str]] = {
    "CC_RECHARGE": "CardRecharge",
    "CC_CONSUME": "CardPurchase",
    "CC_REFUND": "CardRefund",
    "CC_WITHDRAW_CASH": "CardCashWithdrawal",
    "CC_REDEEM": "CardRedemption",
    "CC_AUTHORIZATION": "CardAuthorization",
    "3DS_OTP": "ThreeDsCode",
    "3DS_CONFIRM": "ThreeDsConfirmation",
    "KS_KYC": "KycDecided",
    "CA_APPLY": "CardApplied",
    "CS_APPROVED": "CardIssued",
    "CSC_STATUS_CHANGE": "CardStatusChanged",
    "CE_EVENT": "CardFrozen",
    "MF_MATERIAL_FLOW": "CardShipped",
    "WT_DEPOSIT": "WalletDeposit",
    "WT_WITHDRAW": "WalletWithdrawal",
    "WT_DEPOSIT_REFUND": "WalletDepositRefund",
    "NE_VERIFY": "UrlChallenge",
    "CUSTOM_STATUS_CHANGE": "CustomerStatusChanged",
    "SALARY_STATUS_CHANGE": "TicketStatusChanged",
}


def _event_title(wire: str) -> str:
    if wire not in _EVENT_TITLES:
        raise Incomplete(f"tools/sdk_model.py has no class name for the event {wire}: add it to _EVENT_TITLES")
    return _EVENT_TITLES[wire] + "Event"


def _errors(api: str, codes: Iterable[Any]) -> Iterator[Error]:
    for code in codes:
        if code.name == "SUCCESS":
            continue
        number, text = code.value
        families = names.FAMILIES[api].items()
        family = next((name for name, numbers in families if number in numbers), "refused")
        title = names.ERROR_NAMES.get(code.name, _pascal(code.name.lower()))
        named = api == "card" and number in names.PARAMETER_NAMED
        yield Error(api, number, title, text, family, number in names.TRANSIENT[api], named)


# ── the control API ──────────────────────────────────────────────────────────────────────────────────────────────────


def _control_method(verb: str, route: APIRoute, described: Json, schemas: "Schemas") -> Method:
    title, text = described["summary"], described["x-details"]
    asked = [each for each in described.get("parameters", ()) if each["in"] in ("query", "path")]
    parameters = tuple(schemas.parameter(each) for each in asked)
    body: tuple[Field, ...] = ()
    if "requestBody" in described:
        schema = schemas.resolved(next(iter(described["requestBody"]["content"].values()))["schema"])
        body = schemas.fields(schema, asked=True)
    return Method(
        name=names.CONTROL.get(f"{verb} {route.path}", route.name),
        verb=verb,
        path=CONTROL_PREFIX + route.path,
        title=title.strip().removesuffix("."),
        text=text.strip(),
        fields=parameters + body,
        answer=schemas.type(_declared(described), asked=False),
        paged=False,
        encrypted=False,
        form=False,
        repeat="read" if verb == "GET" else "never",
        reference=None,
        codes=(),
        nulls=verb == "PATCH" or f"{verb} {route.path}" in names.NULLS,
    )


def _declared(described: Json) -> Json:
    """The schema of a control call's answer."""
    (response,) = described["responses"].values()
    schema: Json = response["content"]["application/json"]["schema"]
    return schema


def _pascal(snake: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[_/]+", snake))
