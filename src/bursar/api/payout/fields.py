"""The fields of the payout API: a sentence and an example for each, for readers of the documentation. A sentence alone
leaves the example to the field's type.

Most names mean one thing all over the API; the others have a sentence for each schema, as `Schema.name`. A test holds
that every field of the document has its sentence.
"""

from collections.abc import Mapping
from typing import Any, Final

from bursar.api.openapi_schemas import UNSHOWN

_STATUS_OF_CUSTOMER = "0 pending, 1 normal, 2 rejected, 3 banned, 4 incomplete."
_STATUS_OF_ORDER = "0 pending, 4 approved, 3 processing, 1 transferred, 2 error or cancelled."
_WHICH_CUSTOMER = "Our number of the customer."
_ROWS = "What came of each row."
_TEST_SESSION = "10290d703f8254593ff93533f00af153"  # the published one of a sandbox number

FIELDS: Final[Mapping[str, tuple[str] | tuple[str, Any]]] = {
    # Lists
    "pageno": ("Which page, from 1.", 1),
    "pagesize": ("Rows on a page.", 20),
    "starttime": ("Made at this second or later.", 1_774_569_600),
    "endtime": ("Made in this second or earlier.", 1_774_655_999),
    "created_at": ("When it was made, in Unix seconds.", 1_774_573_955),
    "updated_at": ("When it was last changed, in Unix seconds.", 1_774_573_957),
    "updated_at_ms": (
        "The same in milliseconds: it grows with each change, also with several in a second.",
        1_774_573_957_250,
    ),
    # Balances, banks and rates
    "currency": ("SAR, AED or KWD.", "SAR"),
    "balance": ("What can be paid out now.", 1_000_000.50),
    "country": ("The bank's country.", "SAU"),
    "BankQuery.country": ("Banks of which country; ALL for all of them.", "SAU"),
    "bankcode": ("The bank, as `payee/banks` has it.", "11652"),
    "bankname": ("The bank's name.", "Alinma Bank"),
    "scur": ("The currency converted from.", "KWD"),
    "tcur": ("The currency converted to.", "SAR"),
    "ratenm": ("Both currencies.", "KWD/SAR"),
    "rate": ("Units of `tcur` for one of `scur`.", 12.19),
    "day": ("The day, in Riyadh, as YYYY-MM-DD or YYYYMMDD; yesterday if it is left out.", "2026-03-01"),
    # Customers
    "customid": (_WHICH_CUSTOMER, "101680210001"),
    "mercustomid": ("Your own number of the customer, unique among yours.", "employee-17"),
    "customids": (
        "Our numbers of customers, with commas between them and blanks around these as you like.",
        "101680210001,101680210002",
    ),
    "mercustomids": (
        "Your numbers of customers, with commas between them and blanks around these as you like.",
        "employee-17,employee-18",
    ),
    "name_e": ("The name in Latin letters.", "Ibn Khaldun"),
    "CustomerQuery.name_e": ("A part of the name, in any case.", "khaldun"),
    "name_a": ("The name in Arabic.", "ابن خلدون"),
    "identity": ("The number of the identity document.", "1010101010"),
    "identitypic": (
        "A link to the photo of the identity document, good for ten minutes.",
        "https://payout.example/openApi/photos/…",
    ),
    "signpic": (
        "A link to the photo of the signature, good for ten minutes.",
        "https://payout.example/openApi/photos/…",
    ),
    "cardno": ("The account's card number, 13 to 19 digits.", "5123450000000001"),
    "ibanaccount": ("The account's IBAN, in printed groups or without blanks.", "SA0380000000608010167519"),
    "swiftcode": ("The bank's SWIFT code.", "INMASARI"),
    "stcaccount": ("The mobile number of the STC Pay account.", "512345678"),
    "address": ("Where the customer lives.", "King Fahd Road, Riyadh"),
    "mobile": ("The mobile number, in E.164.", "+966512345678"),
    "autoapproval": ("1: approved without an operator once everything is there.", 0),
    "value": ("1 to switch it on, 0 to switch it off.", 1),
    "otpappname": (
        "The product name that codes for the STC Pay account are sent under; your first one if it is left out.",
        "Demo",
    ),
    "status": (_STATUS_OF_ORDER, 1),
    "CustomerOut.status": (_STATUS_OF_CUSTOMER, 1),
    "CustomerQuery.status": (_STATUS_OF_CUSTOMER, 1),
    "statusdesc": ("The status in words, or why it is so.", "Transferred"),
    "CustomerOut.statusdesc": ("The status in words, or why it is so.", "Normal"),
    "demand_perfection": ("Documents that are missing.", []),
    "type": ("What the one-time password is for: `stcpay`.", "stcpay"),
    "Upload.type": ("Which photo this is.", "identitypic"),
    "md5": ("The file's MD5 in hex.", "9a0364b9e99bb480dd25e1f0284c8555"),
    "file": ("A picture of at most 2,048 KB.",),
    "customs": ("The customers, as `create` takes them.",),
    # Batches
    "batchid": ("Your own number of the batch, unique among yours.", "2026-03"),
    "partial": ("1: rows that pass are done though others do not.", 0),
    "dryrun": ("1: say what would be, and do nothing.", 0),
    "rows": (_ROWS,),
    "index": ("The row, from 0.", 0),
    "code": ("The code with 6 digits that was sent.", "123456"),
    "RowOut.code": ("What came of the row, as a code.", 200),
    "message": ("The code's text.", "Request succeeded."),
    "id": ("The new number; empty if there is none.", "101680210001"),
    "total": ("The sum of the amounts, and of the fees that come on top.", 750.25),
    "totals": ("Sums by currency.",),
    "count": ("How many orders.", 1),
    "statuses": ("Counts and sums by status and currency.",),
    # Payment orders
    "ticketid": ("Our number of the order.", "101680210009"),
    "key": (
        "A reference of the order's own: seven letters and digits, then when it was made, in Riyadh.",
        "J1WF7IY20260327041235",
    ),
    "payeeuid": ("Your own number of the order, unique among yours for ever.", "salary-2026-03-17"),
    "trantype": ("`standard`, or `rapid` for one that registered its customer too.", "standard"),
    "paymentmethod": ("`bankTransfer` or `STCPay`.", "bankTransfer"),
    "amount": ("The amount, with no more decimals than the currency has.", 750.25),
    "BatchDetailOut.amount": ("The sum of all; null if there are several currencies.", 750.25),
    "realamount": ("What arrives.", 745.25),
    "fee": ("What it costs.", 5.00),
    "feeconfigid": ("Which of your fees held when it was made.", 101680210003),
    "confirmtime": ("When it was paid, in Unix seconds; 0 until then.", 1_774_573_957),
    "custominfo": ("The customer as it was when the order was made.",),
    "tickets": ("The orders, as `create` takes them.",),
    # One-time passwords
    "OtpRequest.mobile": ("A Saudi mobile number.", "512345678"),
    "OtpCheck.mobile": ("The number it was sent to.", "512345678"),
    "OtpQuery.mobile": ("The number it was sent to.", "512345678"),
    "OtpSentOut.mobile": ("The number, as you wrote it.", "512345678"),
    "OtpDetailOut.mobile": ("The number, as you wrote it.", "512345678"),
    "appname": ("One of your product names.", "Demo"),
    "sessionid": ("Which one-time password, as `sendOtp` has answered.", _TEST_SESSION),
    "OtpDetailOut.status": ("`create`, `pending`, `sending`, `success`, `fail` or `unknown`.", "success"),
    "reportstatus": ("Whether it arrived: `pending`, `success`, `fail` or `unknown`.", "success"),
    # Callbacks
    "fromsequence": ("The first `sequence`.", 1),
    "tosequence": ("The last `sequence`; without it, all from the first.", 20),
    "event": ("The event's name.", "SALARY_STATUS_CHANGE"),
    "objectno": ("Our number of the customer or order that it is about.", "101680210009"),
    "startat": ("As `starttime`.", 1_774_569_600),
    "endat": ("As `endtime`.", 1_774_655_999),
    "data": ("As in the callback: sensitive fields are sealed in the version of your callbacks.", {}),
    "time": ("When it happened, in Unix seconds.", 1_774_573_955),
    "EventOut.example": ("True for an example that somebody asked a sandbox for; left out otherwise.", UNSHOWN),
    "sequence": ("Counts your events without gaps, in order for each customer and order.", 1),
    "previous_sequence": ("Of the event before: one less, unless a restore on our side began another range.", 41),
    "trace": ("Equal for all events of one customer or order.", "101680210009"),
    "orderno": ("Our number of the event; stays when it is called back again.", "101680210010"),
    "ReplayQuery.orderno": ("Our number of one event, instead of a span.", None),
    "EventOut.status": ("`pending`, `delivered`, `failed`, or `unsent` if you had no URL.", "delivered"),
    "attempts": ("Each time it was called back.",),
    "at": ("When, in Unix seconds.", 1_774_573_956),
    "httpstatus": ("What you answered; null if you did not.", 200),
    "error": ("Why it does not count as received, in one word; null if it does.", None),
    "durationms": ("How long it took, in milliseconds.", 42),
    "url": ("Where you are called back; null: nowhere.", "https://shop.example/callbacks"),
    "WebhookOut.status": ("`verified`, or `none` without a URL.", "verified"),
    "callback_version": ("How callbacks are signed and sealed: 1 or 2.", 2),
    "pending": ("How many are still to be called back.", 0),
    "failed": ("How many were given up; they can be replayed.", 0),
    "ReplayOut.count": ("How many are called back again.", 1),
}
