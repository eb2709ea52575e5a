"""The settings of a product as JSON values by name: in rows, in the audit, and as somebody asks for them. Pure.

`rate` is units of the product's currency for one USDT, as a decimal text; so are the ends of `recharge`. A setting is
replaced whole: of `preconditions` a rule that is not named is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar, cast

from bursar.cards.catalogue.errors import ProductSettingInvalid
from bursar.cards.catalogue.model import (
    AgeRange,
    CardOperation,
    ExtensionParameter,
    ExtensionType,
    Preconditions,
    Product,
    ProductChange,
    RechargeRange,
)
from bursar.customers.model import CustomerField, DocumentKind, KycLevel
from bursar.kernel.errors import Refused
from bursar.kernel.money import Money

FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "rate": "rate_usdt",
    "enabled": "enabled",
    "open": "open_for_opening",
    "operations": "operations",
    "recharge": "recharge",
    "preconditions": "preconditions",
    "extension": "extension",
}
"""Each setting, and the field of a product that has it."""
LIMITS: Final = frozenset({"rate", "recharge"})
"""The settings that say what a recharge costs and how much it may be."""
ENTRIES_MAX: Final = 512
"""Entries of one list."""

E = TypeVar("E", bound=StrEnum)


def settings_of(product: Product) -> dict[str, Any]:
    """All settings of a product."""
    return {name: _WRITE.get(name, _same)(getattr(product, field)) for name, field in FIELDS.items()}


def read_setting(name: str, value: object, currency: str) -> Any:
    """The value of a product's field; raises ProductSettingInvalid."""
    if name not in FIELDS:
        raise ProductSettingInvalid(name, f"is none of {', '.join(FIELDS)}")
    if name == "recharge":
        return _range(name, value, currency)
    return _READ[name](name, value)


def read_change(settings: Mapping[str, object], currency: str) -> ProductChange:
    """The change that some settings make; raises ProductSettingInvalid for the first that cannot be."""
    return cast(
        ProductChange, {FIELDS.get(name, name): read_setting(name, settings[name], currency) for name in settings}
    )


def asked_of(change: ProductChange) -> tuple[str, ...]:
    """The names of the settings that a change sets."""
    return tuple(name for name, field in FIELDS.items() if field in change)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _same(value: Any) -> Any:
    return value


def _written_range(recharge: RechargeRange | None) -> dict[str, str] | None:
    return None if recharge is None else {"min": str(recharge.min), "max": str(recharge.max)}


def _written_rules(rules: Preconditions) -> dict[str, Any]:
    document: dict[str, Any] = {field.name: getattr(rules, field.name) for field in fields(rules)}
    document["age"] = None if rules.age is None else {"min": rules.age.min, "max": rules.age.max}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items()}


def _written_parameters(parameters: tuple[ExtensionParameter, ...]) -> list[dict[str, Any]]:
    return [
        {"key": each.key, "type": each.type, "required": each.required, "options": list(each.options)}
        for each in parameters
    ]


_WRITE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "rate": lambda rate: f"{rate:f}",
    "operations": sorted,
    "recharge": _written_range,
    "preconditions": _written_rules,
    "extension": _written_parameters,
}

# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ProductSettingInvalid(name, "a text")
    return value


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ProductSettingInvalid(name, "true or false")
    return value


def _number(name: str, value: object) -> int:
    if type(value) is not int:
        raise ProductSettingInvalid(name, "a whole number")
    return value


def _decimal(name: str, value: object) -> Decimal:
    try:
        return Decimal(_text(name, value))
    except InvalidOperation:
        raise ProductSettingInvalid(name, "a decimal number, as a text") from None


def _map(name: str, value: object, *names: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not value.keys() <= set(names):
        raise ProductSettingInvalid(name, f"a map of {', '.join(names)}")
    return value


def _list(name: str, value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple) or len(value) > ENTRIES_MAX:
        raise ProductSettingInvalid(name, f"a list of at most {ENTRIES_MAX} entries")
    return tuple(value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    return tuple(_text(name, each) for each in _list(name, value))


def _word(choices: type[E]) -> Callable[[str, object], E]:
    def read(name: str, value: object) -> E:
        try:
            return choices(_text(name, value))
        except ValueError:
            raise ProductSettingInvalid(name, f"one of {', '.join(choices)}") from None

    return read


def _words(choices: type[E]) -> Callable[[str, object], tuple[E, ...]]:
    one = _word(choices)
    return lambda name, value: tuple(dict.fromkeys(one(name, each) for each in _list(name, value)))


def _range(name: str, value: object, currency: str) -> RechargeRange | None:
    if value is None:
        return None
    ends = _map(name, value, "min", "max")
    try:
        low, high = (Money.parse(_decimal(name, ends.get(end)), currency) for end in ("min", "max"))
    except Refused as fault:
        raise ProductSettingInvalid(name, str(fault)) from None
    return RechargeRange(low, high)


def _age(name: str, value: object) -> AgeRange | None:
    if value is None:
        return None
    ends = _map(name, value, "min", "max")
    return AgeRange(_number(name, ends.get("min")), _number(name, ends.get("max")))


_RULES: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "email": _truth,
    "phone": _truth,
    "age": _age,
    "kyc_level": _word(KycLevel),
    "documents": _words(DocumentKind),
    "phone_regions_refused": _texts,
    "document_countries_refused": _texts,
    "customer_fields": _words(CustomerField),
    "one_per_customer": _truth,
}


def _rules(name: str, value: object) -> Preconditions:
    said = _map(name, value, *_RULES)
    return Preconditions(**{rule: _RULES[rule](name, given) for rule, given in said.items()})


def _parameter(name: str, value: object) -> ExtensionParameter:
    said = _map(name, value, "key", "type", "required", "options")
    options = _list(name, said.get("options", ()))
    if not all(isinstance(each, str) or type(each) is int for each in options):
        raise ProductSettingInvalid(name, "options are texts and whole numbers")
    return ExtensionParameter(
        _text(name, said.get("key")),
        _word(ExtensionType)(name, said.get("type")),
        _truth(name, said.get("required", False)),
        cast("tuple[str | int, ...]", options),
    )


def _parameters(name: str, value: object) -> tuple[ExtensionParameter, ...]:
    return tuple(_parameter(name, each) for each in _list(name, value))


_READ: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "name": _text,
    "rate": _decimal,
    "enabled": _truth,
    "open": _truth,
    "operations": lambda name, value: frozenset(_words(CardOperation)(name, value)),
    "preconditions": _rules,
    "extension": _parameters,
}
