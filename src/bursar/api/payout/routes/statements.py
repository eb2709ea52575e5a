"""Daily statements."""

from bursar.api.payout import statements
from bursar.api.payout.call import Call
from bursar.api.payout.codes import Code
from bursar.api.payout.endpoint import FileOut, Route
from bursar.api.payout.routes.payees import UNREAD
from bursar.api.payout.schemas.statements import StatementQuery
from bursar.merchants.model import Permission

route = Route(Permission.PAYOUT)


@route.get(
    "/payee/statement", when=UNREAD, codes=[Code.STATEMENT_PENDING, Code.QUERY_FAILED], media_type=statements.XLSX
)
async def statement(call: Call, body: StatementQuery) -> FileOut:
    """The statement of a day as an xlsx file.

    A day is one of Riyadh's; without one it is yesterday. Its statement is made at 01:00 on the day after and then
    stays as it is; a day that is over and has no statement yet gets one once it is asked for: ask again a little later.
    There is none of a day that is not over.

    On it are the orders that ended on the day, whether paid or not, and those that were made on it and were still
    open at its end. An open order is on the statement again on the day that it ends. A second sheet proves that the
    orders come to what our ledger has booked on the day. The signature of the file covers an empty `body`.

    Columns: `Merchant_ID`, `Merchant_Name`, `Payment_ID` (`ticketid`), `Payee_UID`, `Payment_Method`,
    `Payment_Create_Time` and `Payment_Complete_Time` (Riyadh's), `Amount`, `Fee`, `Real_Amount`, `Currency`,
    `Payment_Status` (Pending, Approved, Processing, Transferred, Error or Cancelled), `Custom_ID`, `Custom_Name_E`,
    `Custom_Name_A`, `Custom_Bank_Name`, `Custom_Bank_Code`, `Custom_Card_No` (the first six and the last four digits),
    `Custom_Iban`, `Custom_STCPay_Account`. Texts that begin with `=`, `+`, `-` or `@` have an apostrophe in front.
    """
    day = body.day or call.services.statements.yesterday(call.ctx)
    found = await call.services.statements.get(call.ctx, day)
    content = await call.services.statements.content(call.ctx, found)
    return FileOut(
        statements.file_name(call.credential.merchant, found.day), statements.XLSX, content, found.size_bytes
    )
