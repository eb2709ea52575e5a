"""The running install that the tests of the control API use."""

from tests.e2e.conftest import install, launcher, scene, stopped, template

__all__ = ["install", "launcher", "scene", "stopped", "template"]
