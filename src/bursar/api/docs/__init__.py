"""The documentation pages, made of OpenAPI documents and of nothing else."""
