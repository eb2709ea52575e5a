"""The audit over HTTP: searched, exported and verified, each of which is on record too."""

import json

from .desk import Desk


async def test_records_are_found_by_each_filter_and_page_by_page(desk: Desk) -> None:
    olga = await desk.office.owner()
    owner = await desk.token_of(olga, address="203.0.113.9")
    new = {"email": "ada@example.com", "name": "Ada", "roles": ["finance"], "reason": "Joins"}
    ada = (await owner.post("/staff", new)).body
    [record] = (await owner.get("/audit", subject=f"staff:{ada['id']}")).body["items"]
    assert (record["action"], record["outcome"], record["person_id"]) == ("staff.add", "done", olga.id)
    assert (record["address"], record["device"], record["kind"]) == ("203.0.113.9", "Firefox on Linux", "token")
    assert record["after"] == {"email": "ada@example.com", "name": "Ada", "roles": ["finance"]}
    for which in ({"person_id": olga.id}, {"actor": record["actor"]}, {"action": "staff.add"}):
        assert record in (await owner.get("/audit", **which)).body["items"]
    assert (await owner.get("/audit", start_at="2036-01-01T00:00:00Z")).body["items"] == []
    whole = (await owner.get("/audit")).body["items"]
    found, after = [], None
    while True:
        reply = await owner.get("/audit", limit=2, **({"after": after} if after else {}))
        found += reply.body["items"]
        if (after := reply.body["after"]) is None:
            break
    assert found == whole
    assert (await owner.get("/audit", after="nonsense")).problem == "cursor-unusable"
    assert (await owner.get("/audit", start_at="2036-01-01T00:00:00")).problem == "invalid"


async def test_an_export_has_every_record_oldest_first_and_is_on_record(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    before = (await owner.get("/audit")).body["items"]
    reply = await owner.get("/audit/export")
    lines = [json.loads(line) for line in reply.body.splitlines()]
    assert [line["id"] for line in lines[:-1]] == [each["id"] for each in reversed(before)]
    assert lines[0] == before[-1]
    assert lines[-1]["action"] == "audit.export"
    assert reply.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'


async def test_verifying_names_what_was_put_in_by_other_means(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    proof = (await owner.post("/audit/verify")).body
    assert (proof["holds"], proof["differences"]) == (True, [])
    await desk.office.sql(
        "INSERT INTO audit_record (id, at, actor, action, outcome, seal) VALUES (1, now(), 'staff:1', 'x', 'done', 'x')"
    )
    proof = (await owner.post("/audit/verify")).body
    assert proof["holds"] is False
    assert [each["subject"] for each in proof["differences"]] == ["record:1"]


async def test_who_may_not_read_the_audit_is_told_which_permission_is_missing(desk: Desk) -> None:
    ada = await desk.token_of(await desk.office.somebody("ada", "support"))
    for path, permission in (("/audit", "audit.read"), ("/audit/export", "audit.export")):
        assert (await ada.get(path)).body["permission"] == permission
