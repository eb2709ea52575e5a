"""Expressions of alerts and dashboards: what they read, and the labels that they speak of."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"
OF_PROMETHEUS = frozenset({"job", "instance"})
"""Labels that Prometheus adds to whatever it scrapes."""


@dataclass(frozen=True)
class Read:
    """One metric that an expression reads, with the labels it is chosen by and the values they may have."""

    metric: str
    values: Mapping[str, frozenset[str]]


def alerts() -> list[dict[str, Any]]:
    """Every rule of alerts.yml."""
    document = yaml.safe_load((OPERATIONS / "alerts.yml").read_text("utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def dashboards() -> dict[str, Any]:
    """Every dashboard, by the name of its file."""
    return {
        path.name: json.loads(path.read_text("utf-8")) for path in sorted((OPERATIONS / "dashboards").glob("*.json"))
    }


def expressions() -> dict[str, str]:
    """Every expression, by where it stands; Grafana's own interval is a minute."""
    found = {rule["alert"]: rule["expr"] for rule in alerts()}
    for name, board in dashboards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                where = f"{name}: {panel['title']}: {target['refId']}"
                found[where] = target["expr"].replace("$__rate_interval", "1m")
    return found


def read_by(expression: str) -> list[Read]:
    """The metrics that it reads; raises ValueError for one that is no PromQL."""
    selectors = [
        part for part in parts(promql_parser.parse(expression)) if isinstance(part, promql_parser.VectorSelector)
    ]
    return [
        Read(str(one.name), {match.name: frozenset(match.value.split("|")) for match in one.matchers.matchers})
        for one in selectors
    ]


def grouped_by(expression: str) -> set[str]:
    """The labels by which its aggregations group."""
    aggregates = [
        part for part in parts(promql_parser.parse(expression)) if isinstance(part, promql_parser.AggregateExpr)
    ]
    return {label for each in aggregates if each.modifier is not None for label in each.modifier.labels}


def parts(expression: Any) -> Iterator[Any]:
    """It and everything within it."""
    yield expression
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        inner = getattr(expression, name, None)
        if inner is not None:
            yield from parts(inner)
    for argument in getattr(expression, "args", ()):
        yield from parts(argument)
