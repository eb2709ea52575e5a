"""Codes that every endpoint can answer with, for what is around the parameters and for parameters themselves."""

import base64
from dataclasses import replace

from tests.clients.payout import PayoutAnswer

from .case import Chapter
from .scene import APPROVED, NOBODY, PICTURE, REAL_BANK, PayoutScene

EVERYWHERE = Chapter("Every endpoint")
case = EVERYWHERE.case
BALANCE, DETAIL, CREATE = "merchant/balance", "payee/custom/detail", "payee/custom/create"
ASK_THE_OPERATOR = "Ask the operator."


@case(200, BALANCE, "The request was processed.", "Go on.")
def success(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(BALANCE)


@case(
    1000,
    BALANCE,
    "The fault is the system's; HTTP status 500.",
    "Look whether it happened (`list`, `detail`), then try again with the same `payeeuid`, `mercustomid` or `batchid`.",
    http_status=500,
)
def fault_of_ours(scene: PayoutScene) -> PayoutAnswer:
    with scene.fault("api.internal", "error"):
        return scene.look(BALANCE)


@case(1200, BALANCE, "The header `V-Api-Key` is missing.", "Send all five headers with each request.")
def no_key(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(V_Api_Key=""))


@case(1201, BALANCE, "The API key is nobody's.", "Send the key that belongs to this server.")
def unknown_key(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(V_Api_Key="nobody"))


@case(1201, BALANCE, "The merchant is suspended or closed.", ASK_THE_OPERATOR)
def suspended(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(status="suspended"):
        return scene.look(BALANCE)


@case(1201, BALANCE, "The merchant has no permission for payouts, or none for one-time passwords.", ASK_THE_OPERATOR)
def no_permission(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(permissions=["card", "wallet", "otp"]):
        return scene.look(BALANCE)


@case(
    1202,
    BALANCE,
    "The merchant has no public key here, or one that is not RSA of 2,048 to 4,096 bits.",
    "Have the public key registered that belongs to the key you sign with.",
)
def no_merchant_key(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(payout_public_key=None):
        return scene.look(BALANCE)


@case(
    1203,
    CREATE,
    "A sensitive field is not sealed to the system's public key, whatever is wrong with it: its Base64, its blocks, "
    "its padding or what is inside.",
    "Seal `identity`, `cardno` and `stcaccount` with the system public key, in blocks of the version's size.",
)
def undecryptable(scene: PayoutScene) -> PayoutAnswer:
    sealed = scene.client.sealed(scene.said())
    garbage = base64.b64encode(bytes(256)).decode()
    return scene.send(scene.client.prepare_raw("POST", CREATE, {**sealed, "identity": garbage}))


@case(1203, CREATE, "A sensitive field is sent in clear.", "Seal it.")
def in_clear(scene: PayoutScene) -> PayoutAnswer:
    sealed = scene.client.sealed(scene.said())
    return scene.send(scene.client.prepare_raw("POST", CREATE, {**sealed, "identity": "1098765432"}))


@case(
    1204,
    BALANCE,
    "`V-Timestamp` is more than 300 seconds from the server's clock.",
    "Set the clock, and sign each request when it is sent.",
)
def old_timestamp(scene: PayoutScene) -> PayoutAnswer:
    prepared = scene.balance_request()
    url = prepared.url.removeprefix(scene.client.keys.base_url)
    headers = scene.client.signed_headers("GET", url, "", timestamp=1_700_000_000)
    return scene.send(replace(prepared, headers=headers))


@case(
    1205,
    BALANCE,
    "The request comes from an address that is not on the merchant's allow-list.",
    "Call from an address on the list, or have the list changed.",
)
def address_not_allowed(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(ip_allow_list=["203.0.113.7"]):
        return scene.look(BALANCE)


@case(
    1206,
    DETAIL,
    "The system could not seal a field to the merchant.",
    "Try again later; what the request did is done, look with `detail`.",
)
def not_encrypted(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.customer()
    with scene.fault("secrets.encrypt", "error"):
        return scene.look(DETAIL, {"customid": customer})


@case(1208, BALANCE, "One of the other four headers is missing.", "Send all five headers with each request.")
def header_missing(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(V_Nonce_Str=""))


@case(
    1209,
    BALANCE,
    "A header has not its form: a number is none, a nonce has 128 characters or more.",
    "Correct the header that is wrong.",
)
def header_malformed(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(V_Timestamp="noon"))


@case(
    1209,
    BALANCE,
    "The nonce was used already, in a request that was let in.",
    "Make a new nonce for each request, also for one that is sent again.",
)
def nonce_used(scene: PayoutScene) -> PayoutAnswer:
    prepared = scene.balance_request()
    assert scene.client.send(prepared).success
    return scene.send(prepared)


@case(
    1210,
    BALANCE,
    "The path's version and `V-Api-Version` differ, or there is no such version.",
    "Send 1 below `/openApi/v1`, 2 below `/openApi/v2`.",
)
def no_such_version(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(V_Api_Version="9"))


@case(1210, BALANCE, "The merchant is to use a newer version.", "Use version 2, with SHA-256 and OAEP.")
def version_too_old(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(min_api_version=2):
        return scene.look(BALANCE)


@case(1211, BALANCE, "The header `User-Agent` is missing.", "Send one that names your software.")
def no_user_agent(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.balance_request(User_Agent=""))


@case(1211, BALANCE, "The `User-Agent` is on the merchant's deny list.", "Use the software that is meant to call.")
def user_agent_denied(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(user_agent_deny=["bursar-payout-example"]):
        return scene.look(BALANCE)


@case(
    1212,
    BALANCE,
    "More requests came in one second than the key or the address may send.",
    "Wait a second, and send fewer at a time.",
)
def too_many_requests(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(rate_limits={"per_key": 0, "per_address": 100_000}):
        return scene.look(BALANCE)


@case(
    1213,
    BALANCE,
    "The signature is not the merchant's under what was sent.",
    "Sign path and query, and the body of a post, exactly as they are sent.",
)
def wrong_signature(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.stranger().prepare("GET", BALANCE))


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────


@case(
    1102,
    CREATE,
    "A required parameter is missing, null or blank, and has no code of its own.",
    "Send what the reference calls required.",
)
def parameter_missing(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CREATE, scene.said(identity=""))


@case(1102, DETAIL, "Neither `customid` nor `mercustomid` is given.", "Name the customer.")
def nobody_named(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(DETAIL)


@case(
    1103,
    "payee/banks",
    "A parameter is too long, or not of its type, set or range.",
    "Send a value that the reference allows.",
)
def parameter_out_of_range(scene: PayoutScene) -> PayoutAnswer:
    return scene.look("payee/banks", {"country": "USA"})


@case(1103, CREATE, "The body is no JSON object, or names a key twice.", "Send one JSON object, in UTF-8.")
def no_object(scene: PayoutScene) -> PayoutAnswer:
    return scene.send(scene.client.prepare_text("POST", CREATE, '["no object"]'))


@case(
    1103,
    "payee/payCustomTicket/create",
    "An amount has more decimals than the currency; nothing is ever rounded.",
    "Send at most two decimals, or three of KWD.",
)
def too_many_decimals(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask("payee/payCustomTicket/create", scene.ticket(scene.payable(), amount="1.001"))


@case(1207, DETAIL, "A number of ours is malformed.", "Send the number as it was answered.")
def id_malformed(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(DETAIL, {"customid": "12x"})


@case(1207, "payee/custom/update", "The customer was deleted.", "Register it again.")
def id_deleted(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask("payee/custom/update", {"customid": scene.deleted(), "address": "Jeddah"})


@case(1101, DETAIL, "There is no such customer.", "Find it with `payee/custom/list`.")
def unknown_customer(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(DETAIL, {"customid": NOBODY})


@case(1101, "payee/payCustomTicket/detail", "There is no such order.", "Find it with `payee/payCustomTicket/list`.")
def unknown_order(scene: PayoutScene) -> PayoutAnswer:
    return scene.look("payee/payCustomTicket/detail", {"payeeuid": scene.unused()})


@case(1101, "payee/payCustomTicket/batchDetail", "There is no batch of this number.", "Send the batch's `batchid`.")
def unknown_batch(scene: PayoutScene) -> PayoutAnswer:
    return scene.look("payee/payCustomTicket/batchDetail", {"batchid": scene.unused()})


@case(
    1101,
    "no/such/path",
    "The path is no endpoint's; HTTP status 404.",
    "Correct the path.",
    http_status=404,
)
def unknown_path(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask("no/such/path")


# ── what failed for a reason without a code of its own ───────────────────────────────────────────────────────────────


@case(1001, CREATE, "The merchant's customer quota is used up.", "Delete customers, or ask for a higher quota.")
def quota_used_up(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(quotas={"payees": 0}):
        return scene.ask(CREATE, scene.said())


@case(1002, DETAIL, "Whoever keeps the keys to secrets does not answer.", "Try again later.")
def secrets_not_opened(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.customer()
    with scene.fault("secrets.store", "unreachable"):
        return scene.look(DETAIL, {"customid": customer})


@case(
    1003,
    "payee/custom/file",
    "The photo is right, but could not be stored; what there is of it is removed later.",
    "Upload it again.",
    leaves=("file", "job", "ledger_operation"),
)
def photo_not_stored(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.customer()
    with scene.fault("files.store"):
        return scene.upload(customer, PICTURE)


@case(
    1004,
    "payee/custom/delete",
    "An order of the customer is open.",
    "Wait until it has ended, or cancel it; then delete.",
)
def order_open(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.payable(**REAL_BANK)
    scene.order(customer)
    return scene.ask("payee/custom/delete", {"customid": customer})


@case(
    1005,
    "payee/payCustomTicket/cancel",
    "The bank does not stop the order, or does not answer.",
    "Try again, or wait for its end: the callback `SALARY_STATUS_CHANGE`.",
)
def not_cancelled(scene: PayoutScene) -> PayoutAnswer:
    order = scene.order(None, APPROVED)
    with scene.fault("bank.cancel"):
        return scene.ask("payee/payCustomTicket/cancel", {"ticketid": order["ticketid"]})


@case(
    1005,
    CREATE,
    "Another verb than the endpoint's was used; HTTP status 405.",
    "Use the endpoint's verb.",
    http_status=405,
)
def wrong_verb(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(CREATE)


@case(1100, "payee/custom/batch", "A batch of customers of this number was taken.", "Give each batch a new `batchid`.")
def batch_of_customers_exists(scene: PayoutScene) -> PayoutAnswer:
    asked = {"batchid": scene.unused("batch"), "customs": [scene.said()]}
    scene.done("payee/custom/batch", asked)
    return scene.ask("payee/custom/batch", {**asked, "customs": [scene.said()]})


@case(
    1100,
    "payee/payCustomTicket/batch",
    "A batch of orders of this number was taken.",
    "Look at it with `batchDetail`; a new one needs a new `batchid`.",
)
def batch_of_orders_exists(scene: PayoutScene) -> PayoutAnswer:
    customer = scene.payable()
    asked = {"batchid": scene.unused("batch"), "tickets": [scene.ticket(customer)]}
    scene.done("payee/payCustomTicket/batch", asked)
    return scene.ask("payee/payCustomTicket/batch", {**asked, "tickets": [scene.ticket(customer)]})
