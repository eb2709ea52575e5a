"""The pages that mailed links lead to: they stand by themselves, and call nothing that the API does not have."""

import base64
import hashlib
import re

import pytest

from bursar.api.merchant.app import ENDPOINTS
from bursar.api.operator.app import ENDPOINTS as OPERATOR_ENDPOINTS
from tests.api.operator.desk import Client, Reply

from .counter import ONE, Counter

CALL = re.compile(r'call\("([A-Z]+)", "([^"]+)"')


async def page(client: Client, path: str) -> Reply:
    """A page at a whole path."""
    client.desk.prefix = ""
    try:
        return await client.get(path)
    finally:
        del client.desk.prefix


@pytest.mark.parametrize("path", ["/merchant/link", "/merchant/reset", "/console/link"])
async def test_a_page_of_links_runs_its_own_script_alone_and_calls_what_there_is(counter: Counter, path: str) -> None:
    desk = counter.desk if path.startswith("/console") else counter
    reply = await page(Client(desk), path)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text, policy = reply.body.decode(), reply.headers["content-security-policy"]
    for tag, source in (("script", "script-src"), ("style", "style-src")):
        [inline] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy
    assert {"default-src 'none'", "frame-ancestors 'none'", "connect-src 'self'"} <= set(policy.split("; "))
    assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == [f"{path.rpartition('/')[0]}/sign-in"]
    prefix = desk.prefix
    assert f'const api = "{prefix}";' in text
    made = {f"{method} {prefix}{called}" for method, called in CALL.findall(text)}
    known = {endpoint.key for endpoint in (*ENDPOINTS, *OPERATOR_ENDPOINTS)}
    assert made
    assert made <= known
    named = set(re.findall(r'(?:find|on)\("([\w-]+)"', text)) | set(re.findall(r'"([a-z]+)"(?=[,\]].*hidden)', text))
    assert named <= set(re.findall(r'id="([\w-]+)"', text))


async def test_the_link_of_a_mail_leads_to_its_page_and_the_staff_have_no_resets(counter: Counter) -> None:
    await counter.invited(ONE, "anna", "viewer")
    [link] = re.findall(r"https://bursar\.example(/\S+)#", counter.office.mail.mails[-1][2])
    assert (await page(counter.client(), link)).status == 200
    assert (await page(counter.desk.client(), "/console/reset")).problem == "path-unknown"
