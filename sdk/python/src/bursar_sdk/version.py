"""The version of the library, and how it names itself to the services."""

from typing import Final

__version__: Final = "0.1.0"
USER_AGENT: Final = f"bursar-sdk-python/{__version__}"
