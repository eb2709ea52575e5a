"""Codes of one-time passwords."""

from tests.clients.payout import PayoutAnswer

from .case import Chapter
from .scene import MINUTE_S, TEST_CODE, TEST_NUMBER, WRONG_MAX, PayoutScene

OTP = Chapter("One-time passwords")
SEND, CHECK, DETAIL = "otp/sendOtp", "otp/checkOtp", "otp/otpDetail"
MADE = ("ledger_operation", "otp", "otp_pace", "otp_velocity")
"""One was made before the gateway was asked: it has failed, and the number need not wait for the next."""
TRY_AGAIN = "Try again; the number need not wait a minute."
case = OTP.case


def send(scene: PayoutScene, outcome: str) -> PayoutAnswer:
    with scene.fault("sms.send", outcome):
        return scene.ask(SEND, {"mobile": scene.number(), "appname": "Demo"})


@case(1600, SEND, "The message gateway refuses the message.", "See whether the number is right.", leaves=MADE)
def gateway_refuses(scene: PayoutScene) -> PayoutAnswer:
    return send(scene, "refuse")


@case(1601, SEND, "The message gateway cannot be reached, or does not answer.", TRY_AGAIN, leaves=MADE)
def gateway_unreachable(scene: PayoutScene) -> PayoutAnswer:
    return send(scene, "unreachable")


@case(1602, SEND, "The message gateway could not push the message.", TRY_AGAIN, leaves=MADE)
def gateway_failed(scene: PayoutScene) -> PayoutAnswer:
    return send(scene, "error")


@case(1603, SEND, "The merchant has no product name to send under.", "Have one set.")
def no_product_name(scene: PayoutScene) -> PayoutAnswer:
    with scene.merchant(product_names=[]):
        return scene.ask(SEND, {"mobile": scene.number(), "appname": "Demo"})


@case(1604, SEND, "`appname` is none of the merchant's product names.", "Send one of them.")
def unknown_product_name(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(SEND, {"mobile": scene.number(), "appname": "Nobody"})


@case(1605, SEND, "There is no such `type`.", "Send `stcpay`, or nothing.")
def unknown_type(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(SEND, {"mobile": scene.number(), "appname": "Demo", "type": "mail"})


@case(
    1606,
    CHECK,
    f"{WRONG_MAX} wrong ones were tried for the number within an hour; a new one gives none of them back.",
    "Wait until the first of them is an hour ago.",
)
def tries_used_up(scene: PayoutScene) -> PayoutAnswer:
    otp = scene.otp()
    assert list(scene.tried(otp)) == [1609] * WRONG_MAX
    return scene.ask(CHECK, otp)


@case(1607, CHECK, "It was used already.", "Have another one sent.")
def used_already(scene: PayoutScene) -> PayoutAnswer:
    otp = scene.otp()
    scene.done(CHECK, otp)
    return scene.ask(CHECK, otp)


@case(1607, CHECK, "It was sent five minutes ago or longer.", "Have another one sent.")
def expired(scene: PayoutScene) -> PayoutAnswer:
    otp = scene.otp()
    scene.later(5 * MINUTE_S)
    return scene.ask(CHECK, otp)


@case(1608, CHECK, "The session belongs to another number.", "Send the number that it was sent to.")
def another_number(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CHECK, {**scene.otp(), "mobile": scene.number()})


@case(1608, DETAIL, "The session belongs to another number.", "Send the number that it was sent to.")
def detail_of_another_number(scene: PayoutScene) -> PayoutAnswer:
    session = scene.done(SEND, {"mobile": TEST_NUMBER, "appname": "Demo"})["sessionid"]
    scene.later(MINUTE_S)
    return scene.look(DETAIL, {"mobile": scene.number(), "sessionid": session})


@case(1609, CHECK, "This is not the one that was sent.", "Ask the customer again.", leaves=("guess",))
def wrong(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CHECK, scene.wrong(scene.otp()))


@case(1610, CHECK, "There is no such session.", "Send the `sessionid` that `sendOtp` has answered.")
def unknown_session(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(CHECK, {"mobile": TEST_NUMBER, "code": TEST_CODE, "sessionid": "f" * 32})


@case(1611, SEND, "The number is being sent one, or was less than 60 seconds ago.", "Wait for the minute.")
def sent_a_moment_ago(scene: PayoutScene) -> PayoutAnswer:
    number = scene.otp()["mobile"]
    return scene.ask(SEND, {"mobile": number, "appname": "Demo"})


@case(1612, SEND, "`mobile` is no Saudi mobile number.", "Send `5xxxxxxxx`, with or without `0`, `966` or `+966`.")
def number_malformed(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(SEND, {"mobile": "412345678", "appname": "Demo"})
