"""A request with several faults hears of the first one in the published order. Each row mends the one before."""

from typing import Any

from tests.codes.faulty import NOTHING, Faulty
from tests.e2e.scene import BACK, SELFIE, SELFIE_CREDENTIAL

from .pictures import NOT_A_PICTURE, TOO_LARGE
from .scene import HOME, NOBODY, PASSWORD, WRONG_IN_A_ROW, CodeScene

STRICT = "V-USD-STRICT"
NO_RULES = {
    "email": False,
    "phone": False,
    "age": None,
    "kycLevel": 0,
    "documents": [],
    "phoneRegionsRefused": [],
    "documentCountriesRefused": [],
    "customerFields": [],
    "onePerCustomer": True,
}
ALL_RULES = {
    "email": True,
    "phone": True,
    "age": {"min": 18, "max": 75},
    "kycLevel": 2,
    "documents": [2],
    "phoneRegionsRefused": ["IR"],
    "documentCountriesRefused": ["IR"],
    "customerFields": ["company"],
}


def test_registering_a_card(scene: CodeScene):
    with scene.product(STRICT, enabled=True, open=True, preconditions=NO_RULES, extension=[]):
        customer = scene.customer(birthday=None)
        held = scene.card(customer, STRICT)

        def settings(**change: Any) -> None:
            scene.sandbox.request("PATCH", f"cards/products/{STRICT}", change)

        def rules(**change: Any) -> None:
            settings(preconditions=change)

        def known(**said: Any) -> None:
            scene.ok("customer/update", {"customerNo": customer, **said})

        group, dear, free = scene.group(), scene.rate(openFee="10000000"), scene.rate()
        scene.ok(
            "customer/group/change",
            {"customerNo": customer, "fromGroupNo": scene.default_group(), "toGroupNo": group},
        )
        key = {"key": "design", "type": "integer", "required": True, "options": []}
        settings(enabled=False, open=False, preconditions=ALL_RULES, extension=[key])

        def rate(rate_no: str) -> None:
            scene.ok("card/rate/group/add", {"rateNo": rate_no, "groupNo": group})

        def cheaper() -> None:
            scene.ok("card/rate/group/remove", {"rateNo": dear, "groupNo": group})
            rate(free)

        def selfie() -> None:
            scene.verified(customer, SELFIE_CREDENTIAL, SELFIE)

        asked = Faulty(
            scene, "card/operate/register", {"currency": "DOGE", "shipping": {**_shipping(), "countryId": 1}}
        )
        asked.answers(
            [
                (NOTHING, 10300),
                ({"cardId": "V-NO-SUCH", "customerNo": NOBODY}, 10026),
                ({"cardId": STRICT}, 10006),
                ({"customerNo": customer}, 10036),
                (lambda: settings(enabled=True), 10027),
                (lambda: settings(open=True), 10081),
                (lambda: scene.ok("card/operate/cancel", {"cardId": held}), 10021),
                (lambda: known(company="Hart & Sons"), 10028),
                (lambda: scene.bound(customer, phone=None), 10029),
                (lambda: scene.bound(customer, email=False, phone="+98"), 10034),
                (lambda: known(birthday="1930-05-17"), 10035),
                (lambda: known(birthday="1990-05-17"), 10037),
                (lambda: rules(phoneRegionsRefused=[]), 10039),
                (lambda: scene.decided(scene.id_card(customer, nationality="IR"), "rejected"), 10040),
                (lambda: scene.decided(scene.id_card(customer, nationality="IR")), 10039),
                (selfie, 10038),
                (lambda: rules(documents=[]), 10041),
                (lambda: rules(documentCountriesRefused=[]), 10022),
                ({"extension": {"design": "blue"}}, 10023),
                ({"extension": {"design": 7}}, 10045),
                ({"shipping": None}, 10007),
                (lambda: rate(dear), 10003),
                ({"currency": "BTC"}, 10002),
                ({"currency": "USDT"}, 10082),
                (cheaper, 0),
            ]
        )


def _shipping() -> dict[str, Any]:
    return {**HOME, "globalCode": "+1", "phone": "4155550100"}


def test_adding_a_customer(scene: CodeScene):
    email, phone = scene.email(), scene.phone()
    scene.customer(email=email, **phone)
    asked = Faulty(
        scene,
        "customer/add",
        {
            "groupNo": NOBODY,
            "email": "amelia@",
            "phone": "74-00",
            "nationality": "XX",
            "annualIncome": "0",
            "address": {**HOME, "countryId": 1, "provinceId": 1, "cityId": 1},
        },
    )
    with scene.merchant(quotas={"customers": 0}):
        asked.answers(
            [
                (NOTHING, 10300),
                ({"givenName": "Amelia", "lastName": "Hart"}, 10005),
                ({"groupNo": None}, 10097),
                ({"email": "amelia@mailinator.com"}, 10095),
                ({"email": email}, 10010),
                ({"email": scene.email()}, 10110),
                ({"globalCode": "44"}, 10094),
                ({"globalCode": "+850"}, 10096),
                ({"globalCode": phone["globalCode"]}, 10093),
                ({"phone": phone["phone"]}, 10011),
                (scene.phone(), 10013),
                ({"nationality": "GB"}, 10045),
                ({"address": {**HOME, "provinceId": 1, "cityId": 1}}, 10046),
                ({"address": {**HOME, "cityId": 1}}, 10047),
                ({"address": HOME}, 10100),
                ({"annualIncome": "0.01"}, 10071),
            ]
        )
    asked.answers([(NOTHING, 0)])


def test_submitting_a_document(scene: CodeScene):
    approved, customer = "P-2009900", scene.customer()
    scene.decided(
        scene.passport(scene.customer(), credentialType=1, backPhoto=scene.photo(BACK), credentialNo=approved)
    )
    scene.ok("customer/kyc/submit", scene.passport(customer))
    asked = Faulty(
        scene,
        "customer/kyc/submit",
        {
            "customerNo": NOBODY,
            "nationality": "XX",
            "frontPhoto": NOBODY,
            "backPhoto": NOBODY,
            "handheldFront": NOBODY,
            "handheldBack": NOBODY,
            "handheldPassport": NOBODY,
            "signature": NOBODY,
            "credentialNo": approved,
        },
    )
    asked.answers(
        [
            (NOTHING, 10300),
            ({"credentialType": 1}, 10006),
            ({"customerNo": customer}, 10013),
            ({"nationality": "GB"}, 10019),
            ({"frontPhoto": scene.photo()}, 10020),
            ({"backPhoto": None}, 10015),
            ({"handheldFront": None}, 10016),
            ({"handheldBack": None}, 10017),
            ({"handheldPassport": None}, 10018),
            ({"signature": None}, 10098),
            ({"backPhoto": scene.photo(BACK)}, 10099),
            ({"credentialNo": "P-2009901"}, 10073),
            (lambda: scene.sandbox.decide_kyc(customer, "rejected"), 0),
        ]
    )


def test_submitting_a_selfie(scene: CodeScene):
    customer = scene.customer()
    asked = Faulty(scene, "customer/kyc/submit", {"customerNo": customer, "nationality": "XX", "frontPhoto": NOBODY})
    asked.answers(
        [
            ({"credentialType": SELFIE_CREDENTIAL}, 10013),
            ({"nationality": "GB"}, 10019),
            ({"frontPhoto": scene.photo(SELFIE)}, 10103),
            (lambda: scene.decided(scene.passport(customer)), 0),
            ({"frontPhoto": scene.photo(SELFIE)}, 10073),
        ]
    )


def test_uploading_a_picture(scene: CodeScene):
    uploads = [(TOO_LARGE, 11), (TOO_LARGE, 10), (NOT_A_PICTURE, 11), (NOT_A_PICTURE, 10)]
    codes = [scene.client.upload(content, file_type).code for content, file_type in uploads]
    assert codes == [10301, 10125, 10301, 10124]
    assert scene.upload_picture().code == 0


def test_asking_how_far_an_order_has_got(scene: CodeScene):
    order, card = scene.order()["orderNo"], scene.recharged_card()
    asked = Faulty(scene, "card/operate/progress", {"orderNo": NOBODY})
    asked.answers(
        [
            (NOTHING, 10300),
            ({"type": "opening"}, 10302),
            ({"type": 4}, 10115),
            ({"type": 6}, 10117),
            ({"type": 5}, 10114),
            ({"orderNo": scene.recharge(card, "25")["orderNo"]}, 10114),
            ({"type": 6}, 0),
            ({"orderNo": order}, 10117),
            ({"type": 5}, 0),
        ]
    )


def test_recharging_a_card(scene: CodeScene):
    group, dear = scene.group(), scene.rate(rechargeFeeMin="10000000")
    rate = scene.rate()
    scene.ok("card/rate/group/add", {"rateNo": rate, "groupNo": group})
    card = scene.card(scene.customer(kyc=1, groupNo=group))
    scene.ok("card/operate/lock", {"cardId": card})
    scene.ok("card/rate/group/remove", {"rateNo": rate, "groupNo": group})
    asked = Faulty(scene, "card/operate/recharge", {"cardId": NOBODY, "currency": "DOGE"})

    def cheaper() -> None:
        scene.ok("card/rate/group/remove", {"rateNo": dear, "groupNo": group})
        scene.ok("card/rate/group/add", {"rateNo": rate, "groupNo": group})

    with scene.product("V-USD-1", operations=["lock", "unlock"], recharge=None):

        def settings(**change: Any) -> None:
            scene.sandbox.request("PATCH", "cards/products/V-USD-1", change)

        asked.answers(
            [
                (NOTHING, 10300),
                ({"amount": "ten"}, 10302),
                ({"amount": "5001"}, 10078),
                ({"cardId": card}, 10048),
                (lambda: scene.ok("card/operate/unlock", {"cardId": card}), 10049),
                (lambda: settings(operations=["lock", "unlock", "recharge"]), 10007),
                (lambda: scene.ok("card/rate/group/add", {"rateNo": dear, "groupNo": group}), 10050),
                (lambda: settings(recharge={"min": "10", "max": "5000"}), 10083),
                ({"amount": "5000"}, 10003),
                ({"currency": "BTC"}, 10002),
                ({"currency": "USDT"}, 10082),
                (cheaper, 0),
            ]
        )


def test_recharging_a_card_that_is_not_made_yet(scene: CodeScene):
    with scene.card_under_way() as card, scene.product("V-USD-1", operations=["lock"], recharge=None):

        def settings(**change: Any) -> None:
            scene.sandbox.request("PATCH", "cards/products/V-USD-1", change)

        Faulty(scene, "card/operate/recharge", {"cardId": card, "amount": "1", "currency": "BTC"}).answers(
            [
                (NOTHING, 10049),
                (lambda: settings(operations=["lock", "recharge"]), 10050),
                (lambda: settings(recharge={"min": "10", "max": "5000"}), 10083),
                ({"amount": "10"}, 10102),
            ]
        )


def test_binding_a_phone(scene: CodeScene):
    bound, customer, taken, phone = scene.customer(), scene.customer(), scene.phone(), scene.phone()
    scene.bound(bound, email=False)
    scene.customer(**taken)
    code = scene.sent_code(customer, 2, **phone)

    def five_more() -> None:
        for _ in range(WRONG_IN_A_ROW):
            scene.call(asked.path, asked.params)

    asked = Faulty(scene, "customer/phone/bind", {"customerNo": NOBODY, "phone": "74-00"})
    asked.answers(
        [
            (NOTHING, 10300),
            ({"code": "not it"}, 10006),
            ({"customerNo": bound}, 10119),
            ({"customerNo": customer}, 10110),
            ({"globalCode": "++44"}, 10094),
            ({"globalCode": "+850"}, 10096),
            ({"globalCode": "+44"}, 10093),
            (taken, 10011),
            (phone, 10105),
            ({"code": code}, 0),
        ]
    )
    asked = Faulty(scene, "customer/phone/bind", {"customerNo": scene.customer(), **scene.phone(), "code": "not it"})
    asked.answers([(NOTHING, 10105), (five_more, 10121), (taken, 10011)])


def test_setting_a_transaction_password(scene: CodeScene):
    card = scene.locked_card()
    asked = Faulty(scene, "card/password/set", {"cardId": NOBODY, "password": "12345"})
    with scene.product("V-USD-1", operations=["lock", "unlock"]), scene.fault("issuer.pin"):

        def offered() -> None:
            scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"operations": ["lock", "unlock", "password"]})

        asked.answers(
            [
                (NOTHING, 10300),
                ({"confirmPassword": "1234"}, 10078),
                ({"cardId": card}, 10085),
                ({"confirmPassword": "12345"}, 10302),
                ({"password": "123456", "confirmPassword": "123456"}, 10086),
                (offered, 10088),
                (lambda: scene.ok("card/operate/unlock", {"cardId": card}), 10087),
                (NOTHING, 0),
            ]
        )


def test_setting_and_changing_the_verification_password(scene: CodeScene):
    update = Faulty(scene, "merchant/verify/password/update", {"oldPassword": "wrong", "newPassword": "short"})
    update.answers([(NOTHING, 10300), ({"confirmPassword": "shorter"}, 10132)])
    asked = Faulty(scene, "merchant/verify/password/set", {"password": "short"})
    with scene.fault("secrets.store"):
        asked.answers(
            [
                (NOTHING, 10300),
                ({"confirmPassword": "shorter"}, 10085),
                ({"confirmPassword": "short"}, 10129),
                ({"password": PASSWORD, "confirmPassword": PASSWORD}, 10131),
                (NOTHING, 0),
            ]
        )
    with scene.fault("secrets.store"):
        asked.answers([(NOTHING, 10130)])
        update.answers(
            [
                (NOTHING, 10085),
                ({"confirmPassword": "short"}, 10129),
                ({"newPassword": PASSWORD, "confirmPassword": PASSWORD}, 10135),
                ({"oldPassword": PASSWORD}, 10136),
                ({"newPassword": "112233", "confirmPassword": "112233"}, 10131),
                (NOTHING, 0),
            ]
        )
