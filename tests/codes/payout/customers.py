"""Codes of customers: registering and changing them, their photos, and their STC Pay accounts."""

from tests.clients.payout import PayoutAnswer

from .case import Chapter
from .scene import NO_BANK, REAL_BANK, PayoutScene

CUSTOMERS = Chapter("Customers")
PHOTOS = Chapter("Photos of documents")
APPROVAL = Chapter("Approval without an operator")
CREATE, UPDATE, BATCH, FILE = (
    "payee/custom/create",
    "payee/custom/update",
    "payee/custom/batch",
    "payee/custom/file",
)
SWITCH, RESEND, SUBMIT = (
    "payee/custom/autoapproval",
    "payee/custom/resendStcAccountOtp",
    "payee/custom/submitStcAccountOtp",
)
WRONG_IBAN = "SA0380000000608010167518"
case = CUSTOMERS.case


@case(
    1300,
    UPDATE,
    "The customer is banned.",
    "Ask the operator why.",
)
def banned(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(UPDATE, {"customid": scene.banned(), "address": "Jeddah"})


@case(
    1300,
    "payee/payCustomTicket/create",
    "The customer is not approved: its photo is missing, it waits for its review, or it was rejected or banned.",
    "Wait for the callback `CUSTOM_STATUS_CHANGE`.",
)
def not_approved(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask("payee/payCustomTicket/create", scene.ticket(scene.customer()))


@case(1300, "payee/payCustomTicket/rapid", "The customer named by the order is banned.", "Ask the operator why.")
def banned_and_paid_at_once(scene: PayoutScene) -> PayoutAnswer:
    said = scene.ticket(scene.banned(), name_e="Huda", name_a="هدى", **REAL_BANK)
    return scene.ask("payee/payCustomTicket/rapid", said)


@case(
    1301,
    BATCH,
    "A `mercustomid` stands in two rows of the batch; nothing was added.",
    "Take out one of the rows that `data.rows` names.",
)
def twice_in_request(scene: PayoutScene) -> PayoutAnswer:
    row = scene.said()
    return scene.ask(BATCH, {"batchid": scene.unused("batch"), "customs": [row, row]})


@case(1302, CREATE, "Another customer has this `mercustomid`.", "Look at it with `payee/custom/detail`.")
def reference_taken(scene: PayoutScene) -> PayoutAnswer:
    said = scene.said()
    scene.done(CREATE, said)
    return scene.ask(CREATE, said)


@case(1303, CREATE, "Neither a bank account nor an STC Pay account is given.", "Give at least one of them.")
def no_account(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(**NO_BANK))


@case(1303, UPDATE, "The change would leave the customer without an account.", "Give the other account first.")
def last_account_blanked(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(UPDATE, {"customid": scene.customer(), **NO_BANK})


@case(
    1304,
    CREATE,
    "There is no such bank, or the card number has not 13 to 19 digits.",
    "Take the bank from `payee/banks`, and the number from the customer.",
)
def unknown_bank(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(bankcode="nobody"))


@case(
    1304,
    CREATE,
    "The IBAN is not of the bank's country, or its check digits are wrong.",
    "Ask the customer for it again.",
)
def wrong_iban(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(**{**REAL_BANK, "ibanaccount": WRONG_IBAN}))


@case(1305, CREATE, "`name_e` or `name_a` is missing.", "Send both names.")
def no_name(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(name_a=""))


@case(1306, CREATE, "A bank account is given without its bank.", "Send `bankcode` too.")
def no_bank(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(bankcode=""))


@case(
    1307,
    CREATE,
    "`stcaccount` is no Saudi mobile number.",
    "Send `5xxxxxxxx`, with or without `0`, `966` or `+966` before it.",
)
def wrong_stc_account(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(stcaccount="412345678"))


@case(
    1311,
    UPDATE,
    "The customer was changed since it was read: `updated_at` is another one, or somebody was faster.",
    "Read it with `detail`, and decide again.",
)
def changed_meanwhile(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(UPDATE, {"customid": scene.customer(), "address": "Jeddah", "updated_at": 1})


@case(1313, CREATE, "`mobile` is no number in E.164.", "Send it with plus sign and country: `+966501234567`.")
def wrong_mobile(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(mobile="0501234567"))


case = PHOTOS.case


@case(1500, FILE, "The file is no picture of a kind that is taken.", "Send jpeg, png, bmp, gif, webp or svg.")
def no_picture(scene: PayoutScene) -> PayoutAnswer:
    return scene.upload(scene.customer(), b"GIF89a, or so it says")


@case(1500, FILE, "The file is larger than 2,048 KB.", "Send a smaller picture.")
def too_large(scene: PayoutScene) -> PayoutAnswer:
    return scene.upload(scene.customer(), b"\x89PNG\r\n\x1a\n" + bytes(2048 * 1024))


@case(1501, FILE, "The file's MD5 is another than `md5` says.", "Send it again.")
def md5_differs(scene: PayoutScene) -> PayoutAnswer:
    return scene.upload(scene.customer(), md5="0" * 32)


case = APPROVAL.case


@case(
    1308,
    RESEND,
    "The customer is approved by an operator: `autoapproval` is 0.",
    "Switch it on with `payee/custom/autoapproval`.",
)
def switched_off(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.done(CREATE, scene.by_stc_alone())["customid"]
    return scene.ask(RESEND, {"customid": customer})


@case(1309, RESEND, "The customer has no STC Pay account.", "Nothing needs to be verified.")
def nothing_to_verify(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(RESEND, {"customid": scene.customer(autoapproval=1)})


@case(1309, SUBMIT, "The STC Pay account is verified already.", "Nothing needs to be verified.")
def verified_already(scene: PayoutScene) -> PayoutAnswer:
    said = scene.by_stc_alone(autoapproval=1)
    asked = {"customid": scene.done(CREATE, said)["customid"], "code": scene.code_sent_to(said["stcaccount"])}
    scene.done(SUBMIT, asked)
    return scene.ask(SUBMIT, asked)


@case(1310, SWITCH, "It is so already.", "Nothing needs to be done.")
def switched_on_already(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(SWITCH, {"customid": scene.customer(autoapproval=1), "value": 1})


@case(
    1310,
    SWITCH,
    "A one-time password for the STC Pay account can still be answered.",
    "Submit it, or wait five minutes.",
)
def code_open(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.done(CREATE, scene.by_stc_alone(autoapproval=1))["customid"]
    return scene.ask(SWITCH, {"customid": customer, "value": 0})


@case(
    1611,
    RESEND,
    "The STC Pay account was sent a one-time password less than 60 seconds ago.",
    "Wait for the minute.",
)
def code_sent_a_moment_ago(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.done(CREATE, scene.by_stc_alone(autoapproval=1))["customid"]
    return scene.ask(RESEND, {"customid": customer})


@case(
    1609,
    SUBMIT,
    "This is not the one-time password that was sent.",
    "Ask the customer again.",
    leaves=("guess",),
)
def wrong_code(scene: PayoutScene) -> PayoutAnswer:
    said = scene.by_stc_alone(autoapproval=1)
    customer, code = scene.done(CREATE, said)["customid"], scene.code_sent_to(said["stcaccount"])
    return scene.ask(SUBMIT, {"customid": customer, "code": scene.wrong({"code": code})["code"]})


@case(1603, CREATE, "Approval without an operator needs a product name to send under; there is none.", "Have one set.")
def no_product_name_for_codes(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(product_names=[]):
        return scene.ask(CREATE, scene.by_stc_alone(autoapproval=1))


@case(1604, CREATE, "`otpappname` is none of the merchant's product names.", "Send one of them.")
def unknown_product_name_for_codes(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(otpappname="Nobody"))
