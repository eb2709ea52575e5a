"""Registerable cards, and what operations need, on the wire."""

from bursar.api.card.codes import Code
from bursar.api.card.enumerations import CARD_TYPE, CREDENTIAL_TYPE, CUSTOMER_FIELD, KYC_LEVEL, PRECONDITION
from bursar.api.card.errors import refusal_of
from bursar.api.card.schemas.rates import RateDetailOut
from bursar.api.card.schemas.wire import MoneyOut, Wire
from bursar.api.card.translations import Language, text
from bursar.cards.catalogue.model import AgeRange, ExtensionParameter, Preconditions, Product, RechargeRange
from bursar.cards.orders.offers import Conditions, Offer


class AgeOut(Wire):
    min: int
    max: int

    @classmethod
    def of(cls, ages: AgeRange | None) -> "AgeOut | None":
        return None if ages is None else cls(min=ages.min, max=ages.max)


class PreconditionsOut(Wire):
    email: bool
    phone: bool
    age: AgeOut | None
    kyc_level: int
    documents: list[int]
    phone_regions_refused: list[str]
    document_countries_refused: list[str]
    customer_fields: list[str]
    one_per_customer: bool

    @classmethod
    def of(cls, rules: Preconditions) -> "PreconditionsOut":
        return cls(
            email=rules.email,
            phone=rules.phone,
            age=AgeOut.of(rules.age),
            kyc_level=KYC_LEVEL[rules.kyc_level],
            documents=[CREDENTIAL_TYPE[document] for document in rules.documents],
            phone_regions_refused=list(rules.phone_regions_refused),
            document_countries_refused=list(rules.document_countries_refused),
            customer_fields=[CUSTOMER_FIELD[name] for name in rules.customer_fields],
            one_per_customer=rules.one_per_customer,
        )


class RechargeRangeOut(Wire):
    min: MoneyOut
    max: MoneyOut

    @classmethod
    def of(cls, recharge: RechargeRange | None) -> "RechargeRangeOut | None":
        return None if recharge is None else cls(min=recharge.min, max=recharge.max)


class ParameterOut(Wire):
    key: str
    type: str
    required: bool


class ExtensionOut(ParameterOut):
    options: list[str | int]

    @classmethod
    def of(cls, parameter: ExtensionParameter) -> "ExtensionOut":
        return cls(
            key=parameter.key, type=parameter.type.value, required=parameter.required, options=list(parameter.options)
        )


class RegisterableOut(Wire):
    card_id: str
    name: str
    type: int
    network: str
    bin: str
    currency: str
    preconditions: PreconditionsOut
    recharge: RechargeRangeOut | None
    operations: list[str]
    extension: list[ExtensionOut]
    rate: RateDetailOut | None
    eligible: bool | None
    code: int | None
    msg: str | None

    @classmethod
    def of(cls, offer: Offer, *, asked: bool, language: Language) -> "RegisterableOut":
        """With `asked`, as one customer can have it."""
        product, rate = offer.product, offer.rate
        eligible, code, msg = _answer(offer, language) if asked else (None, None, None)
        return cls(
            card_id=product.id,
            name=product.name,
            type=CARD_TYPE[product.kind],
            network=product.network,
            bin=product.bin,
            currency=product.currency,
            preconditions=PreconditionsOut.of(product.preconditions),
            recharge=RechargeRangeOut.of(product.recharge),
            operations=sorted(product.operations),
            extension=[ExtensionOut.of(parameter) for parameter in product.extension],
            rate=None if rate is None else RateDetailOut.of(rate),
            eligible=eligible,
            code=code,
            msg=msg,
        )


def _answer(offer: Offer, language: Language) -> tuple[bool, int, str]:
    """The answer that registering would get."""
    if offer.refusal is None:
        return True, Code.SUCCESS.number, text(Code.SUCCESS, language)
    refusal = refusal_of(offer.refusal, {})
    return False, refusal.code.number, text(refusal.code, language, refusal.filled_in)


class MetadataOut(Wire):
    preconditions: list[str]
    missing: list[str]
    parameters: list[ParameterOut]
    fee: MoneyOut

    @classmethod
    def of(cls, conditions: Conditions) -> "MetadataOut":
        return cls(
            preconditions=[PRECONDITION[need] for need in conditions.needs],
            missing=[PRECONDITION[need] for need in conditions.missing],
            parameters=_parameters(conditions.operation, conditions.product),
            fee=conditions.fee,
        )


_REASON = ParameterOut(key="reason", type="string", required=False)
_PARAMETERS = {
    "activate": [ParameterOut(key="activationCode", type="string", required=True)],
    "lock": [_REASON],
    "unlock": [_REASON],
    "cancel": [_REASON, ParameterOut(key="verifyPassword", type="string", required=False)],
    "recharge": [ParameterOut(key="amount", type="decimal", required=True)],
}
"""The parameters of operations besides the card; those of an opening depend on the product."""


def _parameters(operation: str, product: Product) -> list[ParameterOut]:
    if operation in _PARAMETERS:
        return _PARAMETERS[operation]
    return [ParameterOut(key=asked.key, type=asked.type.value, required=asked.required) for asked in product.extension]
