"""The running install that the end-to-end tests use."""

from tests.e2e.conftest import install, launcher, scene, stopped, template

__all__ = ["install", "launcher", "scene", "stopped", "template"]
