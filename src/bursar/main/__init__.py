"""The composition root: which adapter stands behind which port, and how the parts of one process hold together."""
