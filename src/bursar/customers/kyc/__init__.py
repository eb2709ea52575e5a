"""Who customers are: documents and selfies, the verifier that looks at them, and what was decided."""
