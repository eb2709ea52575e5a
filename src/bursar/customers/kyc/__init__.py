"""The identity of customers (KYC): documents and selfies, the verifier that judges them, and its decisions."""
