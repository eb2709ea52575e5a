"""Alerts and dashboards are about metrics, labels and values that there are, and each alert has its runbook."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import bursar.main.processes  # noqa: F401 - declares every metric
from tests.observation.expressions import (
    OF_PROMETHEUS,
    OPERATIONS,
    alerts,
    dashboards,
    expressions,
    grouped_by,
    parts,
    read_by,
)

SOURCE = Path(__file__).parents[2] / "src" / "bursar"
SEVERITIES = {"critical", "warning", "info"}
CODES = {"500", "1000"}
"""The published codes of a fault of ours."""
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}


def declared() -> dict[str, set[str]]:
    """The labels of every metric of ours, by its name in a scrape."""
    found: dict[str, set[str]] = {"up": set()}
    for collector in list(REGISTRY._collector_to_names):
        for family in getattr(collector, "describe", collector.collect)():
            labels = set(getattr(collector, "_labelnames", None) or getattr(family, "_labelnames", ()))
            for suffix in SUFFIXES.get(family.type, ("",)):
                found[family.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


DECLARED = declared()
EXPRESSIONS = expressions()


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_expression_reads_metrics_that_there_are_by_labels_that_they_have(where: str):
    read = read_by(EXPRESSIONS[where])
    assert read
    for one in read:
        assert one.metric in DECLARED
        assert one.values.keys() <= DECLARED[one.metric] | OF_PROMETHEUS
    assert grouped_by(EXPRESSIONS[where]) <= OF_PROMETHEUS.union(*(DECLARED[one.metric] for one in read))


def test_values_of_labels_are_words_of_the_source():
    source = "".join(
        path.read_text("utf-8")
        for path in SOURCE.rglob("*")
        if path.suffix in (".py", ".sql") and "test" not in path.name
    )
    named = {
        value
        for expression in EXPRESSIONS.values()
        for one in read_by(expression)
        if one.metric != "up"
        for values in one.values.values()
        for value in values
    }
    assert len(named) > 20
    unknown = {value for value in named - CODES if not re.search(rf"""["']{re.escape(value)}["']""", source)}
    known_by_composition = {"card_opening", "card_recharge"}  # a column of `list_oldest_open` puts them together
    assert unknown == known_by_composition


@pytest.mark.parametrize("broken", ["sum by (path", "rate(bursar_requests_total)", "foo bar", ""])
def test_a_broken_expression_is_found(broken: str):
    with pytest.raises(ValueError, match=r".+"):
        read_by(broken)


def test_parts_of_an_expression_are_all_seen():
    left = 'topk(3, a{x="1"}) / on (y) group_left sum by (z) (rate(b[5m] offset 1h))'
    expression = f"{left} > -(c or absent(d)) + max_over_time(e[1h:1m])"
    assert [one.metric for one in read_by(expression)] == ["a", "b", "c", "d", "e"]
    assert grouped_by(expression) == {"z"}
    assert len(list(parts(1))) == 1


def test_each_alert_is_complete_and_has_a_runbook():
    rules = alerts()
    names = [rule["alert"] for rule in rules]
    assert len(set(names)) == len(names) > 30
    runbooks = re.findall(r"^## (\w+)$", (OPERATIONS / "runbooks.md").read_text("utf-8"), re.MULTILINE)
    assert runbooks == names
    for rule in rules:
        assert rule["annotations"]["runbook"] == f"docs/operations/runbooks.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in SEVERITIES
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        grouped = grouped_by(rule["expr"])
        has = grouped or set().union(*(DECLARED[one.metric] for one in read_by(rule["expr"]))) | OF_PROMETHEUS
        assert labels <= has, rule["alert"]


def test_runbooks_have_a_meaning_a_place_to_look_and_a_remedy():
    text = (OPERATIONS / "runbooks.md").read_text("utf-8")
    for section in text.split("\n## ")[1:]:
        assert re.fullmatch(r"\w+\n\n.{20,}\n\n- Look at: .{10,}\n- Do: .{10,}\n*", section), section[:40]


def test_commands_in_runbooks_exist():
    reference = (OPERATIONS.parent / "reference" / "commands.md").read_text("utf-8")
    named = re.findall(r"`(bursar (?:[a-z]+ ?)+)`", (OPERATIONS / "runbooks.md").read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if f"`{name.strip()}" not in reference and name.strip() not in reference] == []


def test_dashboards_are_whole():
    boards = dashboards()
    assert len({board["uid"] for board in boards.values()}) == len(boards) == 3
    for board in boards.values():
        assert {variable["name"] for variable in board["templating"]["list"]} == {"datasource"}
        assert [panel["id"] for panel in board["panels"]] == list(range(1, len(board["panels"]) + 1))
        for panel in board["panels"]:
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            for target in panel["targets"]:
                labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                assert labels <= grouped_by(target["expr"].replace("$__rate_interval", "1m"))
