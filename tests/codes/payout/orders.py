"""Codes of payment orders."""

from tests.clients.payout import PayoutAnswer

from .case import Chapter
from .scene import APPROVED, REAL_BANK, SENT, PayoutScene

ORDERS = Chapter("Payment orders")
CREATE, RAPID, BATCH, CANCEL = (
    "payee/payCustomTicket/create",
    "payee/payCustomTicket/rapid",
    "payee/payCustomTicket/batch",
    "payee/payCustomTicket/cancel",
)
case = ORDERS.case


@case(1303, CREATE, "The customer has no account for this `paymentmethod`.", "Pay it another way, or give the account.")
def no_account_for_method(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), paymentmethod="STCPay"))


@case(1303, RAPID, "The account for this `paymentmethod` is not in the request.", "Send it.")
def rapid_without_account(scene: PayoutScene) -> PayoutAnswer:
    asked = scene.ticket("", name_e="Huda", name_a="هدى", paymentmethod="STCPay")
    return scene.ask(RAPID, asked)


@case(
    1312,
    CREATE,
    "KWD or AED is paid to a customer with neither `address` nor `swiftcode`.",
    "Give the customer one of them.",
)
def neither_address_nor_swift_code(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), currency="KWD"))


@case(
    1400,
    BATCH,
    "A `payeeuid` stands in two rows of the batch; nothing was ordered.",
    "Take out one of the rows that `data.rows` names.",
)
def twice_in_request(scene: PayoutScene) -> PayoutAnswer:
    row = scene.ticket(scene.payable())
    return scene.ask(BATCH, {"batchid": scene.unused("batch"), "tickets": [row, row]})


@case(
    1401,
    CREATE,
    "There is an order of this `payeeuid`, with the same or other content.",
    "Look at it with `detail`: it was ordered once. A new payment needs a new `payeeuid`.",
)
def number_taken(scene: PayoutScene) -> PayoutAnswer:
    asked = scene.ticket(scene.payable())
    scene.done(CREATE, asked)
    return scene.ask(CREATE, asked)


@case(1402, CREATE, "The account holds less than the amount, and the fee if the merchant bears it.", "Fund it.")
def balance_too_low(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), amount="100000000"))


@case(1402, BATCH, "The rows together take more than the account holds.", "Fund it, or order the first rows alone.")
def balance_too_low_for_all(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.payable()
    rows = [scene.ticket(customer, amount="600000"), scene.ticket(customer, amount="600000")]
    return scene.ask(BATCH, {"batchid": scene.unused("batch"), "tickets": rows})


@case(1403, CREATE, "There is no such `paymentmethod`.", "Send `bankTransfer` or `STCPay`.")
def no_such_method(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), paymentmethod="cash"))


@case(1403, CREATE, "STC Pay is ordered in another currency than SAR.", "Pay by bank transfer, or in SAR.")
def stc_pay_abroad(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), paymentmethod="STCPay", currency="AED"))


@case(1404, CREATE, "The amount is zero or below.", "Send a greater amount.")
def nothing_to_pay(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), amount="0"))


@case(1404, CREATE, "The fee, which the customer bears, leaves nothing of the amount.", "Send a greater amount.")
def fee_eats_it_up(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(fees={"payout": {"fixed": "5"}}):
        return scene.ask(CREATE, scene.ticket(scene.payable(), amount="5"))


@case(1405, CREATE, "The merchant's account is frozen or closed.", "Ask the operator why.")
def account_frozen(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(payout_accounts={"SAR": {"status": "frozen"}}):
        return scene.ask(CREATE, scene.ticket(scene.payable()))


@case(
    1405,
    CREATE,
    "No money goes out: the merchant is suspended at the level `money_out`. Other calls are answered.",
    "Ask the operator why; orders that were accepted before are held and go on by themselves.",
)
def no_money_goes_out(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.payable()
    with scene.merchant(status="suspended", suspension={"level": "money_out"}):
        assert scene.look("merchant/balance").code == 200
        return scene.ask(CREATE, scene.ticket(customer))


@case(1406, CANCEL, "The order was sent to the bank, or has ended.", "Wait for its end.")
def sent_already(scene: PayoutScene) -> PayoutAnswer:
    order = scene.order(None, APPROVED, SENT)
    return scene.ask(CANCEL, {"ticketid": order["ticketid"]})


@case(1407, CREATE, "Payouts are not made in this currency.", "Send SAR, KWD or AED.")
def no_such_currency(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.ticket(scene.payable(), currency="USD"))


@case(1305, RAPID, "A bank transfer names no `name_e` or `name_a`.", "Send both names.")
def rapid_without_name(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(RAPID, scene.ticket("", name_e="Huda", **REAL_BANK))
