"""Pushes are counted; merchants are labels only where they bear a failure, and only so many of them."""

from prometheus_client import REGISTRY

from bursar.webhooks import metrics
from bursar.webhooks.metrics import MERCHANTS_SHOWN, OTHER, MerchantLabels, observe_push


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_the_first_hundred_merchants_have_labels_of_their_own():
    labels = MerchantLabels()
    shown = [labels.of(number) for number in range(MERCHANTS_SHOWN + 5)]
    assert shown == [*map(str, range(MERCHANTS_SHOWN)), *[OTHER] * 5]
    assert labels.of(3) == "3"
    assert labels.of(10**9) == OTHER


def test_a_push_that_was_taken_names_nobody():
    before = value("bursar_webhook_pushes_total", api="test", outcome="delivered")
    observe_push("test", 987_654, "delivered", 0.2)
    assert value("bursar_webhook_pushes_total", api="test", outcome="delivered") == before + 1
    assert value("bursar_webhook_push_seconds_sum", api="test") == 0.2
    assert REGISTRY.get_sample_value("bursar_webhook_failures_total", {"merchant": "987654"}) is None


def test_a_push_that_was_not_taken_names_its_merchant(monkeypatch):
    monkeypatch.setattr(metrics, "_LABELS", MerchantLabels(1))
    for merchant, outcome in ((7_001, "retried"), (7_002, "failed"), (7_001, "failed")):
        observe_push("test", merchant, outcome, 0.1)
    assert value("bursar_webhook_failures_total", merchant="7001") == 2
    assert REGISTRY.get_sample_value("bursar_webhook_failures_total", {"merchant": "7002"}) is None
    assert value("bursar_webhook_failures_total", merchant=OTHER) >= 1
