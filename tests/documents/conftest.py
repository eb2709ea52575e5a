"""The running install that snippets are executed against."""

from tests.e2e.conftest import install, launcher, scene, stopped, template

__all__ = ["install", "launcher", "scene", "stopped", "template"]
