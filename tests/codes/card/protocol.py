"""Codes that every endpoint can answer with."""

from tests.clients.card import Answer, sign_param

from .case import Chapter
from .pictures import large_picture
from .scene import NOBODY, CodeScene

EVERYWHERE = Chapter("Every endpoint")
case = EVERYWHERE.case
ALREADY_RUNNING_TRIES = 5


@case(0, "merchant/info", "The request was carried out.", "Go on.")
def success(scene: CodeScene) -> Answer:
    return scene.ask("merchant/info")


@case(
    401,
    "merchant/info",
    "The signature is not the one of this method, path, timestamp, request id and parameters.",
    "Sign again with the secret key, over exactly what is sent.",
)
def wrong_signature(scene: CodeScene) -> Answer:
    return scene.send("merchant/info", headers={"X-UPA-SIGN": "bm90IHRoZSBzaWduYXR1cmU="})


@case(401, "merchant/info", "The API key is nobody's.", "Send the key that belongs to this server.")
def unknown_key(scene: CodeScene) -> Answer:
    return scene.send("merchant/info", headers={"X-UPA-APIKEY": "nobody's"})


@case(
    401,
    "merchant/info",
    "The timestamp is more than a minute from the server's clock.",
    "Set the clock, and sign each request when it is sent.",
)
def old_timestamp(scene: CodeScene) -> Answer:
    return scene.send("merchant/info", headers={"X-UPA-TIMESTAMP": "1700000000000"})


@case(
    403,
    "merchant/info",
    "The request comes from an address that is not on the merchant's allow-list.",
    "Call from an address on the list, or have the list changed.",
)
def address_not_allowed(scene: CodeScene) -> Answer:
    with scene.merchant(ip_allow_list=["203.0.113.7"]):
        return scene.ask("merchant/info")


@case(403, "merchant/info", "The merchant is suspended.", "Ask the operator why.")
def suspended(scene: CodeScene) -> Answer:
    with scene.merchant(status="suspended"):
        return scene.ask("merchant/info")


@case(
    403,
    "card/operate/recharge",
    "No money goes out: the merchant is suspended at the level `money_out`. Other calls are answered.",
    "Ask the operator why; what was accepted before is held and goes on by itself.",
)
def no_money_goes_out(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.merchant(status="suspended", suspension={"level": "money_out"}):
        assert scene.ask("card/info", {"cardId": card}).code == 0
        return scene.ask("card/operate/recharge", {"cardId": card, "amount": "100"})


@case(403, "merchant/info", "The merchant has no permission for this section of the API.", "Ask the operator for it.")
def no_card_permission(scene: CodeScene) -> Answer:
    with scene.merchant(permissions=["payout"]):
        return scene.ask("merchant/info")


@case(405, "merchant/info", "Another verb than `POST` was used.", "Use `POST`.")
def wrong_verb(scene: CodeScene) -> Answer:
    return scene.send("merchant/info", b"", method="GET")


@case(
    500,
    "merchant/info",
    "The fault is the server's; HTTP status 500.",
    "Send the request again with the same request id: nothing happens twice.",
    http_status=500,
)
def fault_of_ours(scene: CodeScene) -> Answer:
    with scene.fault("api.internal", "error"):
        return scene.ask("merchant/info")


@case(
    900,
    "merchant/info",
    "More requests came in one second than the key or the address may send.",
    "Wait a second, and send fewer at a time.",
)
def too_many_requests(scene: CodeScene) -> Answer:
    with scene.merchant(rate_limits={"per_key": 0, "per_address": 100_000}):
        return scene.ask("merchant/info")


@case(
    900,
    "customer/code/send",
    "The customer was sent a code less than 60 seconds ago.",
    "Wait until the minute is over before asking for another code.",
)
def code_sent_a_moment_ago(scene: CodeScene) -> Answer:
    asked = {"customerNo": scene.customer(), "channel": 1, "email": scene.email()}
    scene.ok("customer/code/send", asked)
    return scene.ask("customer/code/send", asked)


@case(
    1000,
    "customer/kyc/info",
    "There is nothing of the kind: this customer was never verified.",
    "Treat it as an empty answer.",
)
def nothing_there(scene: CodeScene) -> Answer:
    return scene.ask("customer/kyc/info", {"customerNo": scene.customer()})


@case(
    1000,
    "no/such/path",
    "The path is no endpoint's; HTTP status 404.",
    "Correct the path.",
    http_status=404,
)
def unknown_path(scene: CodeScene) -> Answer:
    return scene.ask("no/such/path")


@case(
    1001,
    "common/file/upload",
    "The first request with this request id is still being worked on, and goes on.",
    "Wait a moment and repeat it with the same request id: the answer of the first comes back.",
    leaves=("file", "job", "ledger_operation"),
)
def still_running(scene: CodeScene) -> Answer:
    picture = large_picture()
    for _ in range(ALREADY_RUNNING_TRIES):
        answer = scene.twins(picture, scene.unused("twin"))
        if answer.code:
            return answer
    return answer


@case(
    1002,
    "common/file/upload",
    "The file could not be stored; what there is of it is removed later.",
    "Upload it again with a new request id.",
    leaves=("file", "job", "ledger_operation"),
)
def not_stored(scene: CodeScene) -> Answer:
    with scene.fault("files.store"):
        return scene.upload_picture()


@case(
    1003,
    "wallet/info",
    "The merchant has no permission for the wallet.",
    "Ask the operator for it.",
)
def no_wallet_permission(scene: CodeScene) -> Answer:
    with scene.merchant(permissions=["card"]):
        return scene.ask("wallet/info")


@case(
    1004,
    "customer/info",
    "The payload of an encrypted endpoint cannot be decrypted with the platform's key.",
    "Encrypt to the current platform key with `RSA-OAEP-256` and `A128GCM` or `A256GCM`.",
)
def undecryptable(scene: CodeScene) -> Answer:
    return scene.send("customer/info", b'{"payload": "not.a.token"}')


@case(
    1004,
    "account/info",
    "The body is no JSON object, or names a key twice.",
    "Send one JSON object, in UTF-8.",
)
def key_twice(scene: CodeScene) -> Answer:
    body = b'{"accountNo": "1", "accountNo": "1"}'
    return scene.send("account/info", body, signed=sign_param({"accountNo": "1"}))


@case(10000, "merchant/info", "The merchant is closed.", "Stop calling; ask the operator.")
def merchant_closed(scene: CodeScene) -> Answer:
    with scene.merchant(status="closed"):
        return scene.ask("merchant/info")


@case(
    10123,
    "customer/group/add",
    "A request id was used again with other parameters or another path.",
    "Use a new request id for each new request, and the same one only to repeat it.",
)
def request_id_reused(scene: CodeScene) -> Answer:
    request_id = scene.unused("request")
    scene.ok("customer/group/add", {"name": scene.unused("group")}, request_id)
    return scene.ask("customer/group/add", {"name": scene.unused("group")}, request_id)


@case(
    10123,
    "card/operate/recharge",
    "A `thirdOrderNo` was used again with other content.",
    "Give each order a number of its own.",
)
def order_number_reused(scene: CodeScene) -> Answer:
    asked = {"cardId": scene.card(), "thirdOrderNo": scene.unused("order"), "autoPay": False}
    scene.ok("card/operate/recharge", {**asked, "amount": "10"})
    return scene.ask("card/operate/recharge", {**asked, "amount": "11"})


@case(
    10300,
    "account/info",
    "A required parameter is missing, null or blank.",
    "Send the parameter that is named.",
    "accountNo",
)
def parameter_missing(scene: CodeScene) -> Answer:
    return scene.ask("account/info", {"accountNo": " "})


@case(
    10300,
    "merchant/info",
    "The header `X-UPA-REQUESTID` is missing.",
    "Send a new id with each new request.",
    "X-UPA-REQUESTID",
)
def request_id_missing(scene: CodeScene) -> Answer:
    return scene.send("merchant/info", headers={"X-UPA-REQUESTID": ""})


@case(
    10300,
    "customer/add",
    "A required parameter inside an object is missing; its name is given with the object's.",
    "Send the parameter that is named.",
    "address.countryId",
)
def nested_parameter_missing(scene: CodeScene) -> Answer:
    asked = {"givenName": "Amelia", "lastName": "Hart", "address": {"name": "Home", "provinceId": 1}}
    return scene.ask("customer/add", asked)


@case(
    10301,
    "customer/list",
    "A parameter is outside its set or range.",
    "Send a value that the endpoint allows.",
    "pageSize",
)
def parameter_out_of_range(scene: CodeScene) -> Answer:
    return scene.ask("customer/list", {"pageSize": 51})


@case(
    10301,
    "card/operate/recharge",
    "An amount has more decimals than the currency; nothing is ever rounded.",
    "Send at most as many decimals as the currency has.",
    "amount",
)
def too_many_decimals(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/recharge", {"cardId": scene.card(), "amount": "10.001"})


@case(
    10302,
    "card/operate/recharge",
    "A parameter has the wrong type or shape.",
    "Send the type that is documented.",
    "amount",
)
def parameter_malformed(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/recharge", {"cardId": NOBODY, "amount": "ten"})


@case(
    10302,
    "card/password/set",
    "A transaction password is not six digits.",
    "Send six digits.",
    "password",
)
def pin_malformed(scene: CodeScene) -> Answer:
    asked = {"cardId": scene.card(), "password": "12345", "confirmPassword": "12345"}
    return scene.ask("card/password/set", asked)
