"""Customers and who they have proven to be."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.customers import (
    CustomerAdded,
    CustomerAddition,
    CustomerListQuery,
    CustomerOut,
    CustomerQuery,
    CustomerUpdate,
    KycOut,
    KycQuery,
    KycSubmissionIn,
    KycSubmitted,
)
from bursar.api.card.schemas.wire import PageOut
from bursar.merchants.model import Permission

route = Route(Permission.CARD)

_PROFILE_CODES = [
    Code.NATIONALITY_UNKNOWN,
    Code.COUNTRY_UNKNOWN,
    Code.PROVINCE_UNKNOWN,
    Code.CITY_UNKNOWN,
    Code.INCOME_NOT_POSITIVE,
]
_CONTACT_CODES = [
    Code.EMAIL_MALFORMED,
    Code.EMAIL_DISPOSABLE,
    Code.EMAIL_TAKEN,
    Code.AREA_CODE_MISSING,
    Code.AREA_CODE_MALFORMED,
    Code.AREA_CODE_REFUSED,
    Code.PHONE_MALFORMED,
    Code.PHONE_TAKEN,
]
_PHOTO_CODES = [
    Code.FRONT_PHOTO_MISSING,
    Code.BACK_PHOTO_MISSING,
    Code.HANDHELD_FRONT_MISSING,
    Code.HANDHELD_BACK_MISSING,
    Code.HANDHELD_PASSPORT_MISSING,
    Code.SIGNATURE_MISSING,
    Code.BACK_PHOTO_REQUIRED,
]


@route.post(
    "/customer/add",
    encrypted=True,
    mutating=True,
    codes=[Code.GROUP_UNKNOWN, *_CONTACT_CODES, *_PROFILE_CODES, Code.CUSTOMER_ADD_FAILED],
)
async def add_customer(call: Call, body: CustomerAddition) -> CustomerAdded:
    """A new customer, in the default group unless another is named."""
    return CustomerAdded(customer_no=str(await call.services.customers.add(call.ctx, body.new_customer)))


@route.post("/customer/update", encrypted=True, mutating=True, codes=[Code.CUSTOMER_UNKNOWN, *_PROFILE_CODES])
async def update_customer(call: Call, body: CustomerUpdate) -> None:
    """Say something else about a customer; what is left out stays."""
    await call.services.customers.change(call.ctx, body.customer_no, body.profile)


@route.post("/customer/list", encrypted=True)
async def list_customers(call: Call, body: CustomerListQuery) -> PageOut[CustomerOut]:
    """The customers, newest first."""
    return PageOut.of((await call.services.customers.list_page(call.ctx, body.which, body.page)).of(CustomerOut.of))


@route.post("/customer/info", encrypted=True, codes=[Code.CUSTOMER_UNKNOWN])
async def customer_info(call: Call, body: CustomerQuery) -> CustomerOut:
    """One customer."""
    return CustomerOut.of(await call.services.customers.get(call.ctx, body.customer_no))


@route.post(
    "/customer/kyc/submit",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CUSTOMER_UNKNOWN,
        Code.NATIONALITY_UNKNOWN,
        *_PHOTO_CODES,
        Code.DOCUMENT_APPROVED_ALREADY,
        Code.PRIMARY_DOCUMENT_FIRST,
        Code.KYC_SUBMIT_FAILED,
    ],
)
async def submit_kyc(call: Call, body: KycSubmissionIn) -> KycSubmitted:
    """Have a customer verified by a document, then by a selfie."""
    return KycSubmitted.of(await call.services.kyc.submit(call.ctx, body.new_verification))


@route.post("/customer/kyc/info", encrypted=True, codes=[Code.CUSTOMER_UNKNOWN, Code.DATA_UNKNOWN])
async def kyc_info(call: Call, body: KycQuery) -> list[KycOut]:
    """A customer's verifications, newest first."""
    return [KycOut.of(found) for found in await call.services.kyc.list_all(call.ctx, body.customer_no, body.kyc_no)]
