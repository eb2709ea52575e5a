"""The operator's limits for one-time passwords hold over the wire: who pumps is told that it is too often."""

import httpx2

from bursar.install.settings import read_settings
from bursar.main import processes
from tests.clients.payout import PayoutAnswer, PayoutClient, PayoutKeys
from tests.e2e.install import Install

LIMITS = {"BURSAR_OTP_PER_MERCHANT": "4", "BURSAR_OTP_PER_PREFIX": "2"}


async def test_numbers_that_begin_alike_and_a_merchant_are_sent_so_many_an_hour(stopped: Install) -> None:
    environment = {"DATABASE_URL": stopped.dsn, "BURSAR_HOME": str(stopped.home), **LIMITS}
    client, app = PayoutClient(PayoutKeys.from_sandbox(stopped.described)), processes.api(read_settings(environment))

    async def send(number: str) -> PayoutAnswer:
        prepared = client.prepare("POST", "otp/sendOtp", {"mobile": number, "appname": "Demo"})
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
            response = await http.post(prepared.url, headers=prepared.headers, content=prepared.content)
        return client.read("POST", response)

    async with app.router.lifespan_context(app):
        alike = [await send(f"53100000{n}") for n in range(3)]
        others = [await send(f"53{n}000001") for n in (2, 3, 4)]
    assert [answer.code for answer in alike] == [200, 200, 1212]
    assert [answer.code for answer in others] == [200, 200, 1212], "the merchant's own limit"
