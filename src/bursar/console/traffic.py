"""The requests of this process alone, as its metrics count them since it began: their number, time and refusals."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import Metric

from bursar.api.metrics import REQUESTS, SECONDS

CODES_MAX: Final = 12
"""Codes that are shown, those of the most requests."""
WELL: Final = frozenset({"0", "200", "201", "202", "204", "303", "304"})
"""Codes of answers that refuse nothing: those of HTTP, and 0 of the merchant APIs."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests since the process began."""

    requests: int
    p99_s: float | None
    """The bound of the bucket that the 99th of a hundred falls in; None: of none, or beyond the last bound."""
    refused: tuple[tuple[str, int], ...]
    """Codes and their requests, the most first."""


def traffic() -> Traffic:
    """That of this process."""
    codes: Counter[str] = Counter()
    for name, labels, value in _samples(REQUESTS.collect()):
        if name.endswith("_total"):
            codes[labels["code"]] += int(value)
    bounds: Counter[float] = Counter()
    for name, labels, value in _samples(SECONDS.collect()):
        if name.endswith("_bucket"):
            bounds[float(labels["le"])] += int(value)
    refused = [(code, number) for code, number in codes.most_common() if code not in WELL and number]
    return Traffic(sum(codes.values()), quantile(bounds, 0.99), tuple(refused[:CODES_MAX]))


def quantile(bounds: Counter[float], share: float) -> float | None:
    """The least bound that so large a share of all is not beyond; None for none at all, or beyond all bounds."""
    most = max(bounds.values(), default=0)
    found = next((bound for bound in sorted(bounds) if most and bounds[bound] >= share * most), math.inf)
    return None if math.isinf(found) else found


def _samples(metrics: object) -> Iterator[tuple[str, dict[str, str], float]]:
    assert isinstance(metrics, list | tuple)
    for metric in metrics:
        assert isinstance(metric, Metric)
        for sample in metric.samples:
            yield sample.name, sample.labels, sample.value
