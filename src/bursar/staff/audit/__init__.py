"""The audit: every change, refusal, reveal, export and sign-in, append-only, sealed and chained."""
