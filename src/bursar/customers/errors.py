"""Refusals of a customer's data, or of a use case.

No fact here carries a whole email address or phone number: facts are logged, and personal data is not.
"""

from bursar.kernel.errors import Conflict, Held, LimitReached, NotFound, Refused


class UnknownCountry(NotFound):
    """There is no country with this id."""

    country_id: int


class UnknownProvince(NotFound):
    """There is no province with this id in the country."""

    province_id: int
    country_id: int


class UnknownCity(NotFound):
    """There is no city with this id in the province."""

    city_id: int
    province_id: int


class UnknownNationality(NotFound):
    """This is not the two-letter code of a country."""

    alpha2: str


class EmailMalformed(Refused):
    """The email address does not have the form of one."""

    reason: str


class EmailDisposable(Refused):
    """Throw-away email addresses are not accepted."""

    domain: str


class DiallingCodeMissing(Refused):
    """A phone number was given without its area code."""


class DiallingCodeMalformed(Refused):
    """The area code is not one '+' followed by the digits of an area code in use."""

    dialling_code: str


class DiallingCodeRefused(Refused):
    """Phones with this area code are not served."""

    dialling_code: str


class PhoneMalformed(Refused):
    """The phone number is not a string of digits of a possible length."""


class CustomerUnknown(NotFound):
    """The merchant has no such customer."""

    customer_id: int


class EmailTaken(Conflict):
    """Another customer of the merchant has this email address."""


class PhoneTaken(Conflict):
    """Another customer of the merchant has this phone number."""


class AnnualIncomeNotPositive(Refused):
    """An annual income is more than nothing."""


class BornInFuture(Refused):
    """A birthday does not lie in the future."""


class CustomerQuotaUsedUp(LimitReached):
    """The merchant has as many customers as it may have."""

    allowed: int


class CustomerFrozen(Held):
    """The operator has stopped the customer."""


class CustomerNotFrozen(Refused):
    """Nobody has stopped the customer."""

    customer_id: int


class CustomerNotInGroup(Refused):
    """The customer is in another group."""

    customer_id: int
    group_id: int


class GroupIsDefault(Refused):
    """A customer cannot be taken out of the default group, only moved to another."""

    group_id: int
