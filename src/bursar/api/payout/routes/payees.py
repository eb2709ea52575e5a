"""Customers: whom a merchant pays."""

from typing import Final

from bursar.api.limits import BATCH, Limits
from bursar.api.payout.call import Call
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Facts, Route
from bursar.api.payout.enumerations import DOCUMENT_BY_WORD
from bursar.api.payout.json_text import content_of
from bursar.api.payout.schemas.payees import (
    NAMES,
    AutoApproval,
    CodeSubmitted,
    CustomerBatch,
    CustomerBatchOut,
    CustomerChange,
    CustomerOut,
    CustomerQuery,
    CustomerRef,
    NewCustomer,
    Upload,
    details_of,
)
from bursar.api.payout.schemas.rows import code_of, rows_of
from bursar.api.payout.sensitive import Reveals
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.paging import Page
from bursar.merchants.model import Permission
from bursar.payouts.payees.documents import DOCUMENT_BYTES_MAX

route = Route(Permission.PAYOUT)

UNREAD: Final[Facts] = {ProviderRefused: Code.QUERY_FAILED, ProviderUnavailable: Code.QUERY_FAILED}
"""The codes of a failing store where something is looked up."""
UNSTORED: Final[Facts] = {ProviderRefused: Code.UPDATE_FAILED, ProviderUnavailable: Code.UPDATE_FAILED}

_KNOWN: Final = (Code.DATA_UNKNOWN, Code.ID_UNAVAILABLE)
_SAID: Final = (
    Code.ACCOUNT_MISSING,
    Code.BANK_ACCOUNT_WRONG,
    Code.NAME_MISSING,
    Code.BANK_MISSING,
    Code.STC_ACCOUNT_WRONG,
    Code.MOBILE_WRONG,
    Code.PRODUCT_NAMES_MISSING,
    Code.PRODUCT_NAME_UNKNOWN,
)
_CODES: Final = (
    Code.OTP_SEND_FAILED,
    Code.OTP_GATEWAY_UNREACHABLE,
    Code.OTP_PUSH_FAILED,
    Code.OTP_BEING_SENT,
)


@route.post(
    "/payee/custom/create",
    reveals=Reveals.CUSTOMER,
    missing=NAMES,
    codes=[*_SAID, Code.CUSTOMER_ID_TAKEN, Code.ADD_FAILED],
)
async def create(call: Call, body: NewCustomer) -> CustomerOut:
    """Register a customer; it can be paid once its documents are complete and it was approved."""
    payee = await call.services.payees.create(call.ctx, body.new())
    return await call.services.presenter.changed_customer(call.ctx, payee)


@route.post(
    "/payee/custom/update",
    reveals=Reveals.CUSTOMER,
    codes=[*_KNOWN, *_SAID, Code.CUSTOMER_NOT_AVAILABLE, Code.CUSTOMER_CHANGED],
)
async def update(call: Call, body: CustomerChange) -> CustomerOut:
    """Change a customer; what is absent stays, what is blank is taken away. It is looked at again."""
    payee = await call.services.payees.update(call.ctx, body.ref, details_of(body), seen_at=body.updated_at)
    return await call.services.presenter.changed_customer(call.ctx, payee)


@route.post(
    "/payee/custom/file",
    upload=True,
    limits=Limits.of_upload(DOCUMENT_BYTES_MAX),
    reveals=Reveals.CUSTOMER,
    when=UNSTORED,
    invalid={"file": Code.UPLOAD_FAILED},
    codes=[*_KNOWN, Code.CUSTOMER_NOT_AVAILABLE, Code.FILE_MD5_WRONG, Code.UPLOAD_FAILED, Code.UPDATE_FAILED],
)
async def file(call: Call, body: Upload) -> CustomerOut:
    """Keep a photo of a customer's document. Only its pixels are kept, as a JPEG."""
    kind = DOCUMENT_BY_WORD[body.type]
    payee = await call.services.payees.add_document(call.ctx, body.ref, kind, body.file, body.md5)
    return await call.services.presenter.changed_customer(call.ctx, payee)


@route.post("/payee/custom/delete", codes=[*_KNOWN, Code.DELETE_FAILED])
async def delete(call: Call, body: CustomerRef) -> None:
    """Forget a customer that no order is open for."""
    await call.services.payees.delete(call.ctx, body.ref)


@route.post(
    "/payee/custom/autoapproval",
    reveals=Reveals.CUSTOMER,
    codes=[*_KNOWN, Code.CUSTOMER_NOT_AVAILABLE, Code.AUTO_APPROVAL_NOT_NOW, Code.PRODUCT_NAMES_MISSING],
)
async def autoapproval(call: Call, body: AutoApproval) -> CustomerOut:
    """Whether a customer is approved without an operator."""
    payee = await call.services.payees.set_auto_approval(call.ctx, body.ref, on=body.value == 1)
    return await call.services.presenter.changed_customer(call.ctx, payee)


@route.post(
    "/payee/custom/batch",
    limits=BATCH,
    codes=[*_SAID, Code.DATA_EXISTS, Code.CUSTOMER_TWICE_IN_REQUEST, Code.CUSTOMER_ID_TAKEN, Code.ADD_FAILED],
)
async def batch(call: Call, body: CustomerBatch) -> CustomerBatchOut:
    """Register many customers: all of them, or with `partial` those that pass."""
    batches = call.services.payee_batches
    outcome = await batches.create(call.ctx, body.batchid, body.rows(), partial=body.partial == 1)
    answer = CustomerBatchOut(batchid=body.batchid, rows=rows_of(outcome.rows))
    if outcome.refusal is not None and not outcome.is_done:
        raise Refusal(code_of(outcome.refusal), content_of(answer))
    return answer


@route.get("/payee/custom/list", reveals=Reveals.CUSTOMER, when=UNREAD, codes=[Code.ID_UNAVAILABLE, Code.QUERY_FAILED])
async def list_customers(call: Call, body: CustomerQuery) -> Page[CustomerOut]:
    """Customers, newest first."""
    page = await call.services.payees.list_page(call.ctx, body.filter(), body.page)
    return Page(await call.services.presenter.customers(call.ctx, page.rows), page.total, page.request)


@route.get("/payee/custom/detail", reveals=Reveals.CUSTOMER, when=UNREAD, codes=[*_KNOWN, Code.QUERY_FAILED])
async def detail(call: Call, body: CustomerRef) -> CustomerOut:
    """One customer."""
    return await call.services.presenter.customer(call.ctx, await call.services.payees.get(call.ctx, body.ref))


@route.post(
    "/payee/custom/resendStcAccountOtp",
    codes=[*_KNOWN, *_CODES, Code.CUSTOMER_NOT_AVAILABLE, Code.AUTO_APPROVAL_OFF, Code.STC_ACCOUNT_NOT_NOW],
)
async def resend_stc_account_otp(call: Call, body: CustomerRef) -> None:
    """Send a new code to the customer's STC account."""
    await call.services.payees.resend_code(call.ctx, body.ref)


@route.post(
    "/payee/custom/submitStcAccountOtp",
    codes=[
        *_KNOWN,
        Code.CUSTOMER_NOT_AVAILABLE,
        Code.AUTO_APPROVAL_OFF,
        Code.STC_ACCOUNT_NOT_NOW,
        Code.OTP_VERIFICATION_FAILED,
        Code.OTP_EXPIRED,
        Code.OTP_WRONG,
        Code.OTP_SESSION_UNKNOWN,
    ],
)
async def submit_stc_account_otp(call: Call, body: CodeSubmitted) -> None:
    """The code that the customer was sent; the right one may approve the customer."""
    await call.services.payees.submit_code(call.ctx, body.ref, body.code)
