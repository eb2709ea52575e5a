"""Two merchants side by side: whatever one names, nothing of the other's is shown, listed or changed.

Every endpoint of both APIs is called by a second merchant with the numbers of the first one's objects; an endpoint that
is added is called by itself.
"""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bursar.api.card.app import ENDPOINTS as CARD_ENDPOINTS
from bursar.api.card.endpoint import PREFIX
from bursar.api.card.jwe import OwnKey
from bursar.api.payout.app import ENDPOINTS as PAYOUT_ENDPOINTS
from bursar.api.payout.keys import SystemKey
from bursar.install.settings import read_settings
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.main.parts import assembled
from bursar.merchants.model import Permission
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.vault.rsa import new_rsa_key
from tests.clients.card import CardClient, Credentials
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.codes.payout.scene import REAL_BANK, PayoutScene
from tests.e2e.install import Install
from tests.e2e.scene import Scene

from .book import merchant_of

SAID: Mapping[str, Any] = {
    "type": 5,
    "status": 1,
    "operator": 1,
    "amount": "20",
    "currency": "USDT",
    "coinId": "USDT",
    "chainId": "ethereum",
    "address": "0x52908400098527886E0F7030069857D2E4169EE7",
    "quantity": 1,
    "name": "Somebody's",
    "activationCode": "123456",
    "password": "135790",
    "confirmPassword": "135790",
    "verifyPassword": "135790",
    "code": "123456",
    "email": "somebody@example.com",
    "globalCode": "+44",
    "phone": "7400123456",
    "reason": "asked",
    "approve": 1,
    "nationality": "GB",
    "credentialType": 2,
    "details": [],
    "givenName": "A",
    "lastName": "B",
    "paymentmethod": "bankTransfer",
    "url": "http://127.0.0.1:9/hooks",
    "sequence": 1,
}
"""Values for parameters that name no object; `thirdOrderNo` may be the same of two merchants, and means two orders."""


@pytest.fixture(scope="module")
def stranger(install: Install) -> tuple[Credentials, PayoutKeys]:
    """A second merchant with everything that the first one has but its objects."""
    own = new_rsa_key()

    async def add() -> str:
        settings = read_settings({"DATABASE_URL": install.dsn, "BURSAR_HOME": str(install.home)})
        async with assembled(settings) as parts:
            ctx = Context(parts.ground.ids.next(), parts.ground.clock, f"stranger {secrets.token_hex(4)}", "test")
            card, payout = parts.apis.card, parts.apis.payout
            public = OwnKey.from_pem(own.decode("ascii")).recipient.base64_der
            key, funds = f"sk_stranger_{secrets.token_hex(8)}", (Money.parse("1000", "USDT"),)
            await card.merchants.add(ctx, NewMerchant("Stranger", tuple(Permission), key, "secret" * 8, public, funds))
            await card.groups.add_default(ctx)
            await card.rates.add_default(ctx)
            public_key, riyals = SystemKey.from_pem(own).public_der, (Money.parse("1000", "SAR"),)
            new = NewPayoutMerchant(f"pk_{key}", public_key, new_rsa_key(), ("Stranger",), riyals, callback_version=1)
            await payout.merchants.add(replace(ctx, request_key=f"{ctx.request_key} payout"), new)
            credential = await payout.merchants.credential(ctx.merchant_id)
            return json.dumps([key, SystemKey.from_pem(credential.system_key).public_der])

    key, system_key = json.loads(asyncio.run(add()))
    described = install.described
    card = {**described["card"], "api_key": key, "secret_key": "secret" * 8, "merchant_private_key": own.decode()}
    payout = {"api_key": f"pk_{key}", "system_public_key": system_key, "merchant_private_key": own.decode()}
    described = {**described, "card": card, "payout": payout}
    return Credentials.from_sandbox(described), PayoutKeys.from_sandbox(described)


@pytest.fixture(scope="module")
def owned(scene: Scene, payouts: PayoutScene) -> dict[str, str]:
    """One of each of the first merchant's objects, by the parameter that names it."""
    customer = scene.customer(kyc=1)
    order = scene.order(customer, thirdOrderNo=scene.unused("own-order"))
    card = str(scene.opened(order["orderNo"])["cardId"])
    scene.load(card, "100")
    bought = str(scene.sandbox.authorize(card, "5", "Corner shop")["transactionId"])
    address = str(
        scene.ok("wallet/address/apply", {"coinId": "USDT", "chainId": "ethereum", "quantity": 1})["addresses"][0]
    )
    group = scene.ok("customer/group/add", {"name": scene.unused("own-group")})["groupNo"]
    payee = payouts.payable(**REAL_BANK, mercustomid=payouts.unused("own-payee"))
    ticket = payouts.done("payee/payCustomTicket/create", payouts.ticket(payee))
    return {
        "customerNo": customer,
        "orderNo": order["orderNo"],
        "thirdOrderNo": order["thirdOrderNo"],
        "cardId": card,
        "transactionId": bought,
        "groupNo": group,
        "fromGroupNo": group,
        "toGroupNo": group,
        "rateNo": scene.ok("card/rate/list", {})["list"][0]["rateNo"],
        "fundNo": scene.ok("merchant/fund/list", {})["list"][0]["fundNo"],
        "accountNo": scene.ok("merchant/asset", {})[0]["accountNo"],
        "depositAddress": address,
        "customid": payee,
        "ticketid": ticket["ticketid"],
        "payeeuid": ticket["payeeuid"],
        "payeeuids": ticket["payeeuid"],
        "ticketids": ticket["ticketid"],
    }


def told(endpoint: Any, owned: Mapping[str, str]) -> dict[str, Any]:
    """All parameters of an endpoint that name an object, and those that it cannot do without."""
    found: dict[str, Any] = {}
    for name, field in (endpoint.body.model_fields if endpoint.body is not None else {}).items():
        spelled = field.alias or name
        if spelled in owned:
            found[spelled] = owned[spelled]
        elif field.is_required() and spelled in SAID:
            found[spelled] = SAID[spelled]
    return found


def belongings(install: Install) -> Iterator[tuple[str, str]]:
    """Every table that has merchants' rows, with a digest of the first one's."""
    named = {"merchant_id": merchant_of(install)}
    columns = "SELECT table_name FROM information_schema.columns WHERE column_name = 'merchant_id'"
    for (table,) in sorted(install.rows(f"{columns} AND table_schema = 'public'")):
        if table not in {"api_request", "api_nonce", "job", "rate_lease", "webhook_attempt"}:
            whole = f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} AS t"
            yield table, str(install.value(f"{whole} WHERE merchant_id = %(merchant_id)s", named))


def shown(data: Any, owned: Mapping[str, str]) -> list[str]:
    """The first merchant's numbers that stand in an answer's data."""
    text = json.dumps(data, default=str)
    return [name for name, number in owned.items() if f'"{number}"' in text or f": {number}," in text]


def test_each_sees_its_own_money_alone(
    scene: Scene, payouts: PayoutScene, stranger: tuple[Credentials, PayoutKeys]
) -> None:
    with CardClient(stranger[0]) as client:
        assert Decimal(client.call("merchant/asset", {"currency": "USDT"}).data[0]["balance"]) == 1000
    with PayoutClient(stranger[1]) as client:
        assert {row["currency"]: Decimal(row["balance"]) for row in client.get("merchant/balance").data} == {
            "SAR": 1000
        }
    assert scene.account()[0] != 1000
    assert {row["currency"] for row in payouts.found("merchant/balance")} == {"SAR", "AED", "KWD"}


def test_no_call_of_the_card_api_reaches_another_merchants_objects(
    install: Install, stranger: tuple[Credentials, PayoutKeys], owned: dict[str, str]
) -> None:
    install.settled()
    before, reached, named = dict(belongings(install)), {}, 0
    with CardClient(stranger[0]) as client:
        for endpoint in CARD_ENDPOINTS:
            asked = told(endpoint, owned)
            mine = {name: value for name, value in asked.items() if name in owned}
            named += bool(mine)
            if endpoint.upload:
                continue
            answer = client.call(endpoint.path.removeprefix(f"{PREFIX}/"), asked)
            assert answer.code != 99999, (endpoint.path, answer)
            seen = [name for name in shown(answer.data, owned) if name != "thirdOrderNo"]
            if seen or (mine.keys() - {"thirdOrderNo"} and answer.code == 0 and _rows(answer.data)):
                reached[endpoint.path] = (seen, answer.data)
    assert reached == {}
    assert named > 35, "the numbers stand in the endpoints' own parameters"
    install.settled()
    assert dict(belongings(install)) == before


def test_no_call_of_the_payout_api_reaches_another_merchants_objects(
    install: Install, stranger: tuple[Credentials, PayoutKeys], owned: dict[str, str]
) -> None:
    install.settled()
    before, reached, named = dict(belongings(install)), {}, 0
    with PayoutClient(stranger[1]) as client:
        for endpoint in PAYOUT_ENDPOINTS:
            asked = told(endpoint, owned)
            mine = {name: value for name, value in asked.items() if name in owned}
            named += bool(mine)
            if endpoint.upload or endpoint.path.endswith(("statement", "webhook")):
                continue
            send = client.get if endpoint.method == "GET" else client.post
            answer = send(endpoint.path.lstrip("/"), asked)
            assert answer.code != 1000, (endpoint.path, answer)
            if shown(answer.data, owned) or (mine and answer.success and _rows(answer.data)):
                reached[endpoint.path] = answer.data
    assert reached == {}
    assert named > 8, "the numbers stand in the endpoints' own parameters"
    install.settled()
    assert dict(belongings(install)) == before


def _rows(data: Any) -> bool:
    """True if the answer holds anything: a list with rows, or an object that is not a page."""
    if isinstance(data, Mapping) and "list" in data:
        return bool(data["list"])
    return bool(data)
