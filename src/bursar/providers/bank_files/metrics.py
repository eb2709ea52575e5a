"""Metrics of the file rail for the operator."""

from typing import Final

from prometheus_client import Counter, Gauge

FILES: Final = Counter("bursar_bank_files", "Files to and from the bank, by what became of them.", ["outcome"])
ENTRIES: Final = Counter("bursar_bank_entries", "Entries of the bank's files, matched or not.", ["kind", "matched"])
UNMATCHED: Final = Gauge("bursar_bank_entries_unmatched", "Entries that an operator has to look at, all there are.")
WAITING_S: Final = Gauge(
    "bursar_bank_waiting_seconds", "Since when the oldest file waits for an answer to one of its payments."
)
