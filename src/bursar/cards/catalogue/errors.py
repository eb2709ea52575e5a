"""Refusals about products: an unknown one, one that a customer cannot have, and settings that cannot be."""

from bursar.customers.model import CustomerField
from bursar.kernel.errors import Conflict, NotFound, Refused, Unavailable


class ProductUnknown(NotFound):
    """There is no such card product."""

    product_id: str


class ProductExists(Conflict):
    """There is a card product with this id already."""

    product_id: str


class CatalogueFull(Refused):
    """The catalogue has as many products as it may have."""

    most: int


class CatalogueUnavailable(Unavailable):
    """The issuer does not say which products it offers."""


class ProductSettingInvalid(Refused):
    """A product's setting has a value that it cannot have."""

    setting: str
    reason: str


class ProductDisabled(Refused):
    """The product is disabled."""

    product_id: str


class ProductClosed(Refused):
    """No cards of this product are opened at present."""

    product_id: str


class CardHeldAlready(Refused):
    """A customer can have one card of this product, and this one has it."""

    product_id: str


class CustomerFieldMissing(Refused):
    """The product needs something to be known of the customer that is not."""

    field: CustomerField


class EmailNotBound(Refused):
    """The product needs a bound email address."""


class PhoneNotBound(Refused):
    """The product needs a bound phone number."""


class BirthdayUnknown(Refused):
    """The product has an age rule, and the customer's birthday is not known."""


class AgeRefused(Refused):
    """The customer is too young or too old for the product."""

    age: int


class PhoneRegionRefused(Refused):
    """The product is not for holders of phones of this region."""

    region: str


class WrongDocument(Refused):
    """The customer's document is not one of those that the product needs."""


class KycLevelTooLow(Refused):
    """The customer has not proven enough for the product."""


class KycRejected(Refused):
    """The customer's latest proof of identity was rejected."""


class DocumentCountryRefused(Refused):
    """The product is not for holders of this country's documents."""

    country: str


class PassportCountryRefused(Refused):
    """The product is not for holders of this country's passport."""

    country: str


class ExtensionMissing(Refused):
    """The product needs this extension parameter."""

    key: str


class ExtensionMistyped(Refused):
    """The extension parameter is of another type, or not one of its options."""

    key: str
