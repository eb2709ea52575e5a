"""Codes of the merchant's accounts and its verification password."""

from tests.clients.card import Answer

from .case import Chapter
from .scene import NOBODY, PASSWORD, WRONG_IN_A_ROW, WRONG_PASSWORD, CodeScene

ACCOUNTS = Chapter("Accounts")
VERIFICATION_PASSWORD = Chapter("Verification password")
GUESSED = ("guess",)
NEW_PASSWORD = "112233"


@ACCOUNTS.case(
    10001,
    "account/info",
    "The account number is none of the merchant's.",
    "List the accounts with `merchant/asset`.",
)
def unknown_account(scene: CodeScene) -> Answer:
    return scene.ask("account/info", {"accountNo": NOBODY})


@ACCOUNTS.case(
    10001,
    "merchant/fund/list",
    "Movements of an account are asked for that is none of the merchant's.",
    "List the accounts with `merchant/asset`.",
)
def movements_of_unknown_account(scene: CodeScene) -> Answer:
    return scene.ask("merchant/fund/list", {"accountNo": NOBODY})


@ACCOUNTS.case(
    10003,
    "merchant/asset",
    "The merchant has no account in this coin.",
    "Use a coin that `account/supportcurrency` lists.",
)
def unknown_coin(scene: CodeScene) -> Answer:
    return scene.ask("merchant/asset", {"currency": "DOGE"})


@ACCOUNTS.case(
    10009,
    "merchant/fund/info",
    "There is no such fund movement.",
    "Find it with `merchant/fund/list`.",
)
def unknown_movement(scene: CodeScene) -> Answer:
    return scene.ask("merchant/fund/info", {"fundNo": "1-1"})


case = VERIFICATION_PASSWORD.case
SET, UPDATE, STATUS = (f"merchant/verify/password/{name}" for name in ("set", "update", "status"))


def new(password: str, confirmation: str | None = None) -> dict[str, str]:
    return {"password": password, "confirmPassword": password if confirmation is None else confirmation}


def changed(old: str, to: str) -> dict[str, str]:
    return {"oldPassword": old, "newPassword": to, "confirmPassword": to}


@case(10085, SET, "The password and its confirmation differ.", "Send the same password twice.")
def verification_passwords_differ(scene: CodeScene) -> Answer:
    return scene.ask(SET, new("246810", "246811"))


@case(10129, SET, "A verification password is not six digits.", "Send six digits.")
def verification_password_malformed(scene: CodeScene) -> Answer:
    return scene.ask(SET, new("secret"))


@case(
    10130,
    SET,
    "The verification password is set already.",
    "Change it with `merchant/verify/password/update`.",
)
def set_already(scene: CodeScene) -> Answer:
    scene.has_password()
    return scene.ask(SET, new(PASSWORD))


@case(
    10131,
    SET,
    "The password could not be stored.",
    "Try again with a new request id.",
    before_any_password=True,
)
def password_not_stored(scene: CodeScene) -> Answer:
    with scene.fault("secrets.store"):
        return scene.ask(SET, new(PASSWORD))


@case(
    10131,
    UPDATE,
    "The new password could not be stored; the old one holds.",
    "Try again with a new request id.",
)
def new_password_not_stored(scene: CodeScene) -> Answer:
    scene.has_password()
    with scene.fault("secrets.store", "timeout"):
        return scene.ask(UPDATE, changed(PASSWORD, NEW_PASSWORD))


@case(
    10132,
    UPDATE,
    "There is no verification password to change.",
    "Set it with `merchant/verify/password/set`.",
    before_any_password=True,
)
def nothing_to_change(scene: CodeScene) -> Answer:
    return scene.ask(UPDATE, changed(PASSWORD, NEW_PASSWORD))


@case(
    10132,
    STATUS,
    "There is no verification password to enable.",
    "Set it with `merchant/verify/password/set`.",
    before_any_password=True,
)
def nothing_to_enable(scene: CodeScene) -> Answer:
    return scene.ask(STATUS, {"enabled": True, "password": PASSWORD})


@case(10133, STATUS, "It is enabled, or disabled, already.", "Nothing needs to be done.")
def so_already(scene: CodeScene) -> Answer:
    scene.has_password()
    return scene.ask(STATUS, {"enabled": False, "password": PASSWORD})


@case(10134, STATUS, "The change could not be stored.", "Try again with a new request id.")
def status_not_stored(scene: CodeScene) -> Answer:
    scene.has_password()
    with scene.fault("secrets.store"):
        return scene.ask(STATUS, {"enabled": True, "password": PASSWORD})


@case(10135, UPDATE, "The old password is another one.", "Ask for it again.", leaves=GUESSED)
def old_password_wrong(scene: CodeScene) -> Answer:
    scene.has_password()
    return scene.ask(UPDATE, changed(WRONG_PASSWORD, NEW_PASSWORD))


@case(10136, UPDATE, "The new password is the old one.", "Choose another one.")
def password_not_new(scene: CodeScene) -> Answer:
    scene.has_password()
    return scene.ask(UPDATE, changed(PASSWORD, PASSWORD))


@case(
    10137,
    UPDATE,
    f"{WRONG_IN_A_ROW} wrong passwords in a row were given: for 15 minutes none is looked at.",
    "Wait 15 minutes.",
)
def password_locked(scene: CodeScene) -> Answer:
    with scene.password_locked():
        return scene.ask(UPDATE, changed(PASSWORD, NEW_PASSWORD))


@case(10138, STATUS, "The verification password is another one.", "Ask for it again.", leaves=GUESSED)
def password_wrong(scene: CodeScene) -> Answer:
    scene.has_password()
    return scene.ask(STATUS, {"enabled": True, "password": WRONG_PASSWORD})


@case(
    10138,
    "card/sensitive",
    "The verification password is enabled, and another one.",
    "Ask for it again.",
    leaves=GUESSED,
)
def reveal_with_a_wrong_password(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.asking_for_the_password():
        return scene.ask("card/sensitive", {"cardId": card, "verifyPassword": WRONG_PASSWORD})


@case(
    10139,
    "card/sensitive",
    "The verification password is enabled and was not sent.",
    "Send `verifyPassword`.",
)
def reveal_without_password(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.asking_for_the_password():
        return scene.ask("card/sensitive", {"cardId": card})


@case(
    10139,
    "card/operate/cancel",
    "The verification password is enabled and was not sent.",
    "Send `verifyPassword`.",
)
def cancel_without_password(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.asking_for_the_password():
        return scene.ask("card/operate/cancel", {"cardId": card})
