"""The documentation pages, made of OpenAPI documents; what an API says about itself is not known here."""
