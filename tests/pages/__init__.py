"""The documentation site: its pages, its samples against a running sandbox, and all of it in a browser."""
