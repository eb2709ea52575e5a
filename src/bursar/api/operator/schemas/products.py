"""Products and the prices of merchants' cards on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.merchants import PartialChange
from bursar.api.operator.schemas.wire import Amount, Asked, At, Change, ListQuery, Text, Wire
from bursar.cards.catalogue.model import (
    AGE_MAX,
    EXTENSION_OPTIONS_MAX,
    EXTENSION_PARAMETERS_MAX,
    EXTENSION_TEXT_CHARS_MAX,
    PRODUCT_NAME_CHARS_MAX,
    REGIONS_MAX,
    CardOperation,
    ExtensionType,
    Product,
    ProductKind,
)
from bursar.cards.catalogue.settings import settings_of
from bursar.cards.rates.model import Rate, RateChange, RateDetail, terms_document
from bursar.customers.model import CustomerField, DocumentKind, KycLevel
from bursar.kernel.money import SCALES
from bursar.kernel.succession import Revision

ProductId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$", examples=["V-USD-1"])]
Name = Annotated[Text, Field(max_length=PRODUCT_NAME_CHARS_MAX, examples=["Virtual USD"])]
Regions = Annotated[
    list[Annotated[str, Field(pattern="^[A-Z]{2}$")]], Field(max_length=REGIONS_MAX, examples=[["IR", "KP"]])
]
Operations = Annotated[list[CardOperation], Field(max_length=len(CardOperation), examples=[["lock", "unlock"]])]


class Ages(Asked):
    """Completed years, both ends included."""

    min: Annotated[int, Field(ge=0, le=AGE_MAX, examples=[18])]
    """The youngest."""
    max: Annotated[int, Field(ge=0, le=AGE_MAX, examples=[75])]
    """The oldest."""


class Range(Asked):
    """The least and the most of one recharge, in the product's currency."""

    min: Annotated[Amount, Field(examples=["10.00"])]
    """The least."""
    max: Annotated[Amount, Field(examples=["5000.00"])]
    """The most."""


class Rules(Asked):
    """The conditions under which a customer may have a card; a rule that is not named is none."""

    email: bool = False
    """An email address is bound."""
    phone: bool = False
    """A phone number is bound."""
    age: Ages | None = None
    """The customer's age."""
    kyc_level: KycLevel = KycLevel.NONE
    """The least level of verification."""
    documents: Annotated[list[DocumentKind], Field(max_length=len(DocumentKind))] = Field(default_factory=list)
    """The documents that will do; none named: all."""
    phone_regions_refused: Regions = Field(default_factory=list)
    """Regions of phones whose holders are refused, as alpha-2 codes."""
    document_countries_refused: Regions = Field(default_factory=list)
    """Countries of documents whose holders are refused, as alpha-2 codes."""
    customer_fields: Annotated[list[CustomerField], Field(max_length=len(CustomerField))] = Field(default_factory=list)
    """The fields of a customer that have to be known."""
    one_per_customer: bool = False
    """A customer has one card of it at a time."""


class Parameter(Asked):
    """Something else that the issuer wants to know when a card is opened."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$", examples=["embossName"])]
    """Its name."""
    type: ExtensionType
    """The type of its values."""
    required: bool = False
    """A card is not opened without it."""
    options: Annotated[
        list[Annotated[str, Field(max_length=EXTENSION_TEXT_CHARS_MAX)] | int],
        Field(max_length=EXTENSION_OPTIONS_MAX, examples=[[1, 2]]),
    ] = Field(default_factory=list)
    """The values that it may have; none named: any of the type."""


Parameters = Annotated[list[Parameter], Field(max_length=EXTENSION_PARAMETERS_MAX)]


class ProductOut(Wire):
    """A product as it is now."""

    id: ProductId
    """The id, as merchants name it."""
    kind: ProductKind
    """The form of its cards."""
    network: Annotated[str, Field(examples=["Visa"])]
    """The card network."""
    bin: Annotated[str, Field(examples=["49990110"])]
    """The first digits of its cards."""
    currency: Annotated[str, Field(examples=["USD"])]
    """The currency of its cards."""
    name: Name
    """The name, as merchants list it."""
    rate: Annotated[str, Field(examples=["1"])]
    """Units of the currency for one USDT."""
    enabled: bool
    """False: merchants are told that it is disabled."""
    open: bool
    """False: no new cards of it are opened."""
    operations: Operations
    """The operations that its cards have."""
    recharge: Range | None
    """The range of one recharge; null: none is set, and nothing can be recharged."""
    preconditions: Rules
    """The conditions under which a customer may have a card of it."""
    extension: Parameters
    """The other values that opening a card takes."""

    @classmethod
    def of(cls, product: Product) -> "ProductOut":
        """A product rendered."""
        fixed = {name: getattr(product, name) for name in ("id", "kind", "network", "bin", "currency")}
        return cls.model_validate(fixed | settings_of(product))


class ProductQuery(ListQuery):
    """A page of products."""

    sort: Literal["position"] = "position"
    """The order: that of the catalogue."""


class DatedChange(PartialChange):
    """A change from an instant on."""

    holds_from: At | None = None
    """The instant from which it holds; at once unless it is given."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that are given, as the arguments of actions have them."""
        said: dict[str, Any] = self.model_dump(mode="json", exclude={"reason", "holds_from"})
        return said


class ProductSettings(DatedChange):
    """Settings of a product, each in place of the one before; those that are left out stay."""

    name: Name = Field(default_factory=str)
    """Another name."""
    enabled: bool = True
    """False: merchants are told that it is disabled."""
    open: bool = True
    """False: no new cards of it are opened."""
    operations: Operations = Field(default_factory=list)
    """All operations that its cards have."""
    preconditions: Rules = Field(default_factory=Rules)
    """All conditions under which a customer may have a card of it."""
    extension: Parameters = Field(default_factory=list)
    """All other values that opening a card takes."""


class ProductLimits(DatedChange):
    """The price and the range of recharges of a product's cards; a limit that is left out stays."""

    rate: Annotated[Amount, Field(examples=["0.98"])] = "1"
    """Units of the product's currency for one USDT."""
    recharge: Range | None = None
    """The range of one recharge; null: none, and nothing can be recharged."""


class NewProductIn(ProductSettings):
    """A product to be; settings that are left out are as a new product has them."""

    product: ProductId
    """The id, for ever."""
    kind: ProductKind
    """The form of its cards, for ever."""
    network: Annotated[Text, Field(max_length=32, examples=["Visa"])]
    """The card network, for ever."""
    bin: Annotated[str, Field(pattern="^[0-9]{6,8}$", examples=["49990110"])]
    """The first digits of its cards, for ever."""
    currency: Annotated[
        str, Field(min_length=1, max_length=10, examples=["USD"], json_schema_extra={"enum": [*SCALES]})
    ]
    """The currency of its cards, for ever."""
    name: Name
    """The name, as merchants list it."""
    rate: Annotated[Amount, Field(examples=["1"])] = "1"
    """Units of the currency for one USDT."""
    recharge: Range | None = None
    """The range of one recharge; without one nothing can be recharged."""


class Since(Change):
    """A change from an instant on."""

    holds_from: At | None = None
    """The instant from which it holds; at once unless it is given."""


class SettingsChangeOut(Wire):
    """Settings of a product or a pool with the instant from which they hold."""

    revision: Annotated[int, Field(examples=[17])]
    """The number of the change, which grows with each of any product, or of any pool."""
    settings: Annotated[dict[str, Any], Field(examples=[{"open": False}])]
    """The settings that were changed, by name."""
    holds_from: datetime
    """The instant from which they hold, until later ones do; of two for one instant the later revision holds."""
    made_at: datetime
    """The instant when they were decided."""
    made_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who decided them; a process where the file of chains had changed."""

    @classmethod
    def of(cls, change: Revision) -> "SettingsChangeOut":
        """A change rendered."""
        return cls(
            revision=change.revision,
            settings=change.settings,
            holds_from=change.holds_from,
            made_at=change.made_at,
            made_by=change.made_by,
        )


class ChangeQuery(ListQuery):
    """A page of a history."""

    sort: Literal["-revision"] = "-revision"
    """The order: the last decided first."""


# ── prices of cards ──────────────────────────────────────────────────────────────────────────────────────────────────


class TermsOut(Wire):
    """The prices and limits of a product's cards, in units of the product's currency."""

    product: ProductId
    """The product."""
    currency: Annotated[str, Field(examples=["USD"])]
    """The product's currency."""
    open_fee: Annotated[str, Field(examples=["1.00"])]
    """The price of opening a card."""
    monthly_fee: Annotated[str, Field(examples=["0.00"])]
    """The price of a month."""
    recharge_rate: Annotated[str, Field(examples=["0.015"])]
    """The fraction of a recharge that is its fee."""
    recharge_fee_min: Annotated[str, Field(examples=["0.20"])]
    """The least fee of a recharge."""
    recharge_min: Annotated[str, Field(examples=["20.00"])] | None
    """The least recharge; null: the product's own."""
    recharge_max: Annotated[str, Field(examples=["1000.00"])] | None
    """The largest recharge; null: the product's own."""

    @classmethod
    def of(cls, detail: RateDetail) -> "TermsOut":
        """A row rendered."""
        return cls.model_validate(_terms(detail))


def _terms(detail: RateDetail) -> dict[str, Any]:
    return {"product": detail.product_id, "currency": detail.open_fee.asset, **terms_document(detail)}


class CardRateOut(Wire):
    """A card rate with the prices that hold now."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the card rate."""
    name: Annotated[str, Field(examples=["Default"])]
    """The name that the merchant gave it."""
    groups: list[int]
    """The customer groups that it applies to."""
    terms: list[TermsOut]
    """The prices of each product that has any, in the order of the catalogue."""

    @classmethod
    def of(cls, rate: Rate) -> "CardRateOut":
        """A card rate rendered."""
        terms = [TermsOut.of(detail) for detail in rate.details]
        return cls(id=rate.id, name=rate.name, groups=list(rate.group_ids), terms=terms)


class CardRateQuery(ListQuery):
    """A page of card rates."""

    sort: Literal["id"] = "id"
    """The order: by number."""


class TermsIn(DatedChange):
    """Prices and limits of a product in a card rate; those that are left out stay."""

    open_fee: Annotated[Amount, Field(examples=["2.50"])] = "0"
    """The price of opening a card; the first price of a product names it."""
    monthly_fee: Annotated[Amount, Field(examples=["0.50"])] = "0"
    """The price of a month."""
    recharge_rate: Annotated[Amount, Field(examples=["0.015"])] = "0"
    """The fraction of a recharge that is its fee."""
    recharge_fee_min: Annotated[Amount, Field(examples=["0.20"])] = "0"
    """The least fee of a recharge."""
    recharge_min: Annotated[Amount, Field(examples=["20"])] | None = None
    """The least recharge; null: the product's own."""
    recharge_max: Annotated[Amount, Field(examples=["1000"])] | None = None
    """The largest recharge; null: the product's own."""


class CardRateChangeOut(TermsOut):
    """Prices with the instant from which they hold."""

    revision: Annotated[int, Field(examples=[17])]
    """The number of the change among those of the card rate; one for all products that were changed together."""
    holds_from: datetime
    """The instant from which they hold, until later ones do; of two for one instant the later revision holds."""
    made_at: datetime
    """The instant when they were decided."""
    made_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who decided them."""

    @classmethod
    def of_change(cls, change: RateChange) -> "CardRateChangeOut":
        """A change rendered."""
        when = {"holds_from": change.holds_from, "made_at": change.made_at, "made_by": change.made_by}
        return cls.model_validate({"revision": change.revision, **_terms(change.detail), **when})
