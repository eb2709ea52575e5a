"""`python -m bursar_sdk.cli`: the command, for a clone."""

from bursar_sdk.cli import main

main()
