"""Statements are read from files that are in shape, and from no others."""

import pytest

from bursar.db.queries import load_queries, parse

FILE = """
-- name: get_card
-- One card.
SELECT * FROM card
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND (%(id)s > 0 OR note LIKE '100%%');

-- name: add_cards :set
-- New cards.
INSERT INTO card SELECT * FROM unnest(%(ids)s::bigint[]);
"""


def test_statements_have_names_marks_and_parameters():
    get_card, add_cards = parse(FILE, "cards")
    assert (get_card.name, get_card.set_wise, get_card.parameters) == ("cards.get_card", False, ("merchant_id", "id"))
    assert (add_cards.name, add_cards.set_wise, add_cards.parameters) == ("cards.add_cards", True, ("ids",))


def test_the_statement_keeps_its_comment_and_loses_its_semicolon():
    _, add_cards = parse(FILE, "cards")
    assert add_cards.sql == "-- New cards.\nINSERT INTO card SELECT * FROM unnest(%(ids)s::bigint[])"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("-- name: getCard\n-- One.\nSELECT 1;", "malformed"),
        ("-- name: get_card :many\n-- One.\nSELECT 1;", "malformed"),
        (" -- name: get_card\n-- One.\nSELECT 1;", "malformed"),
        ("-- name: get_card\nSELECT 1;", "does not say what it is for"),
        ("-- name: one\n-- One.\nSELECT 1;\n-- name: one\n-- Again.\nSELECT 1;", "stands twice"),
    ],
)
def test_a_file_that_is_not_in_shape_is_refused(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        parse(text, "cards")


def test_a_statement_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"bursar\.ledger has no statement named get_rich"):
        _ = load_queries("bursar.ledger").get_rich


def test_a_file_is_read_once():
    assert load_queries("bursar.ledger") is load_queries("bursar.ledger")
    assert "balances" in {query.name.rpartition(".")[2] for query in load_queries("bursar.ledger")}
