"""Metrics of an install as a whole, and of the providers that a process calls."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OLDEST_S: Final = Gauge(
    "bursar_orders_oldest_open_seconds",
    "Age of the oldest order that is not finished, by kind and status.",
    ["kind", "status"],
)
UNSENT_S: Final = Gauge("bursar_webhooks_oldest_unsent_seconds", "Age of the oldest webhook still to be pushed.")
COVER: Final = Gauge(
    "bursar_cover",
    "The trial balance of all books, by asset and section, in units of the asset; what is outside is positive.",
    ["asset", "section"],
)
COVER_DIFFERENCE: Final = Gauge(
    "bursar_cover_difference",
    "What is owed, less what is outside to pay it with; 0 if every cent is explained.",
    ["asset"],
)
PROOF_AT: Final = Gauge(
    "bursar_ledger_proof_timestamp_seconds", "When the last proof of the books ended; 0: there was none."
)
PROOF_DIFFERENCES: Final = Gauge("bursar_ledger_proof_differences", "Differences that the last proof has found.")
PROOF_ENTRIES: Final = Gauge("bursar_ledger_proof_entries", "Entries that the last proof has read.")
PROOF_SECONDS: Final = Gauge("bursar_ledger_proof_seconds", "Time that the last proof has taken.")
RATE_AGE_S: Final = Gauge(
    "bursar_rate_age_seconds",
    "Age of an exchange rate that the file of rates has said last, by pair; rates by people have none.",
    ["pair"],
)
RATES_HELD: Final = Gauge("bursar_rates_held", "Exchange rates of the file that have jumped and wait for a person.")
SKEW_S: Final = Gauge(
    "bursar_clock_skew_seconds", "This machine's clock, less the database's; within half a round trip."
)
READ_AT: Final = Gauge(
    "bursar_observed_timestamp_seconds", "When a reading of the database for metrics last succeeded.", ["reading"]
)
READ_S: Final = Gauge("bursar_observation_seconds", "Time that the last reading took.", ["reading"])
READ_FAILED: Final = Counter("bursar_observation_failures", "Readings that failed or took too long.", ["reading"])
BUILD: Final = Gauge("bursar_build_info", "1, with the version of the program.", ["version", "migration", "python"])

PROVIDER_CALLS: Final = Counter(
    "bursar_provider_calls",
    "Calls of providers, by outcome: ok, refused, unavailable, cut off, or error.",
    ["port", "adapter", "call", "outcome"],
)
PROVIDER_SECONDS: Final = Histogram(
    "bursar_provider_seconds",
    "Time of a call of a provider.",
    ["port", "adapter"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
