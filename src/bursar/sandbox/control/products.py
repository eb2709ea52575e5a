"""A catalogue item's settings in the control API, under the names that the card API has published for them."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from bursar.api.card.enumerations import CARD_TYPE, CREDENTIAL_TYPE, CUSTOMER_FIELD, KYC_LEVEL
from bursar.cards.catalogue.model import (
    EXTENSION_OPTIONS_MAX,
    EXTENSION_PARAMETERS_MAX,
    AgeRange,
    CardOperation,
    ExtensionParameter,
    ExtensionType,
    Preconditions,
    Product,
    ProductChange,
    RechargeRange,
)
from bursar.kernel.money import Money
from bursar.sandbox.control.answers import AgesOut, ExtensionOut, PreconditionsOut, ProductOut, RangeOut
from bursar.sandbox.control.errors import invalid
from bursar.sandbox.control.schemas import Control, Positive

Regions = Annotated[list[Annotated[str, Field(pattern="^[A-Z]{2}$")]], Field(max_length=249)]


class AgeSettings(Control):
    min: int
    max: int


class RangeSettings(Control):
    min: Positive
    max: Positive


class PreconditionSettings(Control):
    email: bool | None = None
    phone: bool | None = None
    age: AgeSettings | None = None
    kyc_level: Annotated[int, Field(ge=0, le=2)] | None = None
    documents: Annotated[list[Annotated[int, Field(ge=1, le=5)]], Field(max_length=5)] | None = None
    phone_regions_refused: Regions | None = None
    document_countries_refused: Regions | None = None
    customer_fields: Annotated[list[str], Field(max_length=32)] | None = None
    one_per_customer: bool | None = None

    def over(self, rules: Preconditions) -> Preconditions:
        """The rules with the given fields changed; the others stay."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        readers: dict[str, Any] = {
            "age": lambda age: None if age is None else AgeRange(age.min, age.max),
            "kyc_level": lambda level: _word(KYC_LEVEL, level or 0),
            "documents": lambda numbers: tuple(_word(CREDENTIAL_TYPE, number) for number in numbers or ()),
            "customer_fields": lambda names: tuple(_word(CUSTOMER_FIELD, name) for name in names or ()),
            "phone_regions_refused": lambda regions: tuple(regions or ()),
            "document_countries_refused": lambda regions: tuple(regions or ()),
        }
        kept = {name: getattr(rules, name) for name in Preconditions.__dataclass_fields__}
        return Preconditions(**kept | {name: readers.get(name, bool)(value) for name, value in given.items()})


class ExtensionSettings(Control):
    key: Annotated[str, Field(max_length=64)]
    type: ExtensionType
    required: bool = False
    options: Annotated[list[str | int], Field(max_length=EXTENSION_OPTIONS_MAX)] = Field(default_factory=list)


class ProductSettings(Control):
    """A change of a product's settings; a field that is left out stays, and `recharge` null removes the range."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    rate: Annotated[Decimal, Field(gt=0)] | None = None
    enabled: bool | None = None
    open: bool | None = None
    operations: Annotated[list[CardOperation], Field(max_length=16)] | None = None
    recharge: RangeSettings | None = None
    preconditions: PreconditionSettings | None = None
    extension: Annotated[list[ExtensionSettings], Field(max_length=EXTENSION_PARAMETERS_MAX)] | None = None

    def change_of(self, product: Product) -> ProductChange:
        """The change that these settings make of `product`."""
        change = ProductChange()
        if self.name is not None:
            change["name"] = self.name
        if self.rate is not None:
            change["rate_usdt"] = self.rate
        if self.enabled is not None:
            change["enabled"] = self.enabled
        if self.open is not None:
            change["open_for_opening"] = self.open
        if self.operations is not None:
            change["operations"] = frozenset(self.operations)
        if "recharge" in self.model_fields_set:
            change["recharge"] = _range(self.recharge, product.currency)
        if self.preconditions is not None:
            change["preconditions"] = self.preconditions.over(product.preconditions)
        if self.extension is not None:
            change["extension"] = tuple(
                ExtensionParameter(entry.key, entry.type, entry.required, tuple(entry.options))
                for entry in self.extension
            )
        return change


def _range(given: RangeSettings | None, currency: str) -> RechargeRange | None:
    if given is None:
        return None
    return RechargeRange(Money.parse(given.min, currency), Money.parse(given.max, currency))


def _word(numbers: "dict[Any, Any]", published: object) -> Any:
    for word, number in numbers.items():
        if number == published:
            return word
    raise invalid("preconditions", f"{published} is not one of {', '.join(map(str, numbers.values()))}")


def product_out(product: Product) -> ProductOut:
    """All settings of a product."""
    return {
        "cardId": product.id,
        "name": product.name,
        "type": CARD_TYPE[product.kind],
        "currency": product.currency,
        "rate": str(product.rate_usdt),
        "enabled": product.enabled,
        "open": product.open_for_opening,
        "operations": sorted(product.operations),
        "recharge": None if product.recharge is None else _recharge(product.recharge),
        "preconditions": _preconditions(product.preconditions),
        "extension": [_extension(entry) for entry in product.extension],
    }


def _recharge(recharge: RechargeRange) -> RangeOut:
    return {"min": str(recharge.min), "max": str(recharge.max)}


def _preconditions(rules: Preconditions) -> PreconditionsOut:
    return {
        "email": rules.email,
        "phone": rules.phone,
        "age": None if rules.age is None else _ages(rules.age),
        "kycLevel": KYC_LEVEL[rules.kyc_level],
        "documents": [CREDENTIAL_TYPE[document] for document in rules.documents],
        "phoneRegionsRefused": list(rules.phone_regions_refused),
        "documentCountriesRefused": list(rules.document_countries_refused),
        "customerFields": [CUSTOMER_FIELD[name] for name in rules.customer_fields],
        "onePerCustomer": rules.one_per_customer,
    }


def _ages(ages: AgeRange) -> AgesOut:
    return {"min": ages.min, "max": ages.max}


def _extension(entry: ExtensionParameter) -> ExtensionOut:
    return {"key": entry.key, "type": entry.type, "required": entry.required, "options": list(entry.options)}
