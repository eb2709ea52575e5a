"""Keepers of files: a folder, or a bucket of S3."""
