"""The treasury: sweeps of deposits, and the proof that chains hold the sums of the books."""
