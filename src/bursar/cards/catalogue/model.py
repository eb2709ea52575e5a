"""A card product with its settings, as values, and the checks of them. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypedDict

from bursar.cards.catalogue.errors import ProductSettingInvalid
from bursar.customers.areas import get_country
from bursar.customers.errors import UnknownNationality
from bursar.customers.model import CustomerField, DocumentKind, KycLevel
from bursar.kernel.money import SCALES, Money
from bursar.kernel.text import Unreadable, find_fault

PRODUCT_NAME_CHARS_MAX: Final = 100
AGE_MAX: Final = 150
RATE_MAX: Final = Decimal(1_000_000)
"""Units of a currency for one USDT, at the most."""
RATE_DECIMALS_MAX: Final = 10
REGIONS_MAX: Final = 249
"""As many as ISO 3166-1 has."""
EXTENSION_PARAMETERS_MAX: Final = 32
EXTENSION_OPTIONS_MAX: Final = 100
EXTENSION_TEXT_CHARS_MAX: Final = 255
"""Characters in an option, or in the value of a parameter."""
_INTEGER: Final = re.compile(r"-?[0-9]{1,16}")
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_NETWORK: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ]{0,31}")
_BIN: Final = re.compile(r"[0-9]{6,8}")
"""ISO/IEC 7812: six digits, or eight since 2017."""


class ProductKind(StrEnum):
    """The form of a product's cards: a number alone, or a piece of plastic too."""

    VIRTUAL = "virtual"
    PHYSICAL = "physical"


class CardOperation(StrEnum):
    """The operations on a card that is made, where its product offers them."""

    ACTIVATE = "activate"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"
    RECHARGE = "recharge"
    PASSWORD = "password"  # noqa: S105 - a word, not a secret


class ExtensionType(StrEnum):
    """The type of an extension parameter."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"

    def read(self, value: object) -> object:
        """The value, for an integer also from its decimal text."""
        if self is ExtensionType.INTEGER and isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        return value

    def holds(self, value: object) -> bool:
        """True if `value` is of this type: texts are for people, and a boolean is not an integer."""
        if self is ExtensionType.STRING:
            fits = isinstance(value, str) and len(value) <= EXTENSION_TEXT_CHARS_MAX
            return fits and find_fault(str(value)) is not Unreadable.STEERING
        if self is ExtensionType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class ExtensionParameter:
    """Something else that the issuer wants to know when a card is opened. No options: any value of the type."""

    key: str
    type: ExtensionType
    required: bool
    options: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Completed years, both ends included."""

    min: int
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """The conditions under which a customer may have a card of a product; regions and countries are alpha-2 codes."""

    email: bool = False
    phone: bool = False
    age: AgeRange | None = None
    kyc_level: KycLevel = KycLevel.NONE
    documents: tuple[DocumentKind, ...] = ()
    """The documents that will do; none named: all."""
    phone_regions_refused: tuple[str, ...] = ()
    document_countries_refused: tuple[str, ...] = ()
    customer_fields: tuple[CustomerField, ...] = ()
    one_per_customer: bool = False


@dataclass(frozen=True, slots=True)
class RechargeRange:
    """The least and the most of one recharge, both included, in the product's currency."""

    min: Money
    max: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One item of the catalogue."""

    id: str
    name: str
    kind: ProductKind
    network: str
    bin: str
    currency: str
    rate_usdt: Decimal = Decimal(1)
    """Units of the currency for one USDT."""
    enabled: bool = True
    open_for_opening: bool = True
    operations: frozenset[CardOperation] = frozenset(CardOperation)
    """The operations that cards of this product have."""
    recharge: RechargeRange | None = None
    """None: no range is set, and nothing can be recharged."""
    preconditions: Preconditions = Preconditions()
    extension: tuple[ExtensionParameter, ...] = ()

    def changed(self, change: "ProductChange") -> "Product":
        """The product with new settings; raises ProductSettingInvalid for the first that cannot be."""
        return replace(self, **change).checked()

    def new(self) -> "Product":
        """Itself, as one that is not in the catalogue yet; raises ProductSettingInvalid."""
        if not _ID.fullmatch(self.id):
            raise ProductSettingInvalid("id", "letters, digits and hyphens, at most 32")
        if not _NETWORK.fullmatch(self.network):
            raise ProductSettingInvalid("network", "a name of at most 32 letters, digits and spaces")
        if not _BIN.fullmatch(self.bin):
            raise ProductSettingInvalid("bin", "6 to 8 digits")
        if self.currency not in SCALES:
            raise ProductSettingInvalid("currency", f"one of {', '.join(SCALES)}")
        return self.checked()

    def checked(self) -> "Product":
        """Itself, or ProductSettingInvalid."""
        if not 1 <= len(self.name) <= PRODUCT_NAME_CHARS_MAX:
            raise ProductSettingInvalid("name", f"1 to {PRODUCT_NAME_CHARS_MAX} characters")
        if find_fault(self.name):
            raise ProductSettingInvalid("name", "has characters that cannot be seen")
        _check_rate(self.rate_usdt)
        _check_range(self.recharge, self.currency)
        _check_preconditions(self.preconditions)
        _check_extension(self.extension)
        return self


class ProductChange(TypedDict, total=False):
    """New settings of a product; those left out stay as they are."""

    name: str
    rate_usdt: Decimal
    enabled: bool
    open_for_opening: bool
    operations: frozenset[CardOperation]
    recharge: RechargeRange | None
    preconditions: Preconditions
    extension: tuple[ExtensionParameter, ...]


def _check_rate(rate: Decimal) -> None:
    if not rate.is_finite() or not 0 < rate <= RATE_MAX:
        raise ProductSettingInvalid("rate_usdt", f"above 0, at most {RATE_MAX}")
    if rate != round(rate, RATE_DECIMALS_MAX):
        raise ProductSettingInvalid("rate_usdt", f"at most {RATE_DECIMALS_MAX} decimals")


def _check_range(recharge: RechargeRange | None, currency: str) -> None:
    if recharge is None:
        return
    if not recharge.min.asset == recharge.max.asset == currency:
        raise ProductSettingInvalid("recharge", f"in {currency}")
    if not 0 < recharge.min.minor <= recharge.max.minor:
        raise ProductSettingInvalid("recharge", "a minimum above 0, and a maximum that is not below it")


def _check_preconditions(rules: Preconditions) -> None:
    if rules.age is not None and not 0 <= rules.age.min <= rules.age.max <= AGE_MAX:
        raise ProductSettingInvalid("preconditions", f"ages from 0 to {AGE_MAX}, the lower one first")
    if DocumentKind.SELFIE in rules.documents:
        raise ProductSettingInvalid("preconditions", "a selfie is not a document")
    _check_regions(rules.phone_regions_refused)
    _check_regions(rules.document_countries_refused)


def _check_regions(regions: Collection[str]) -> None:
    if len(regions) > REGIONS_MAX:
        raise ProductSettingInvalid("preconditions", f"at most {REGIONS_MAX} regions")
    for region in regions:
        try:
            get_country(region)
        except UnknownNationality:
            raise ProductSettingInvalid("preconditions", f"{region} is not an alpha-2 code") from None


def _check_extension(parameters: tuple[ExtensionParameter, ...]) -> None:
    if len(parameters) > EXTENSION_PARAMETERS_MAX:
        raise ProductSettingInvalid("extension", f"at most {EXTENSION_PARAMETERS_MAX} parameters")
    if len({parameter.key for parameter in parameters}) != len(parameters):
        raise ProductSettingInvalid("extension", "a key stands once")
    for parameter in parameters:
        if not _KEY.fullmatch(parameter.key):
            raise ProductSettingInvalid("extension", f"{parameter.key} is not a key")
        if len(parameter.options) > EXTENSION_OPTIONS_MAX:
            raise ProductSettingInvalid("extension", f"at most {EXTENSION_OPTIONS_MAX} options")
        if not all(map(parameter.type.holds, parameter.options)):
            raise ProductSettingInvalid("extension", f"options of {parameter.key} that are not its type")
