"""`python -m bursar`."""

from bursar.cli.app import main

main()
