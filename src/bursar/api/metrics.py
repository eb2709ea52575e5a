"""The metrics of requests. Labels hold paths and codes, never anything a client chose."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("bursar_requests_total", "Requests answered, by endpoint and code.", ["path", "code"])
SECONDS = Histogram(
    "bursar_request_seconds",
    "Time from the first byte of a request to its answer.",
    ["path"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
