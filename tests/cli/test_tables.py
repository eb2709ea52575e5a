"""Tables keep every digit, on whatever they are printed."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from bursar.cli.tables import print_table


@pytest.mark.parametrize("width", [20, 80, 300])
def test_no_cell_is_cut_or_broken(width: int) -> None:
    out = io.StringIO()
    table = Table("Account", "Balance")
    amounts = ["9999999.999937000000000000 ETH", "[x] 5 | 1.00 USD"]
    for amount in amounts:
        table.add_row("clearing:chain:ethereum " * 3, amount.replace("[", "\\["))
    print_table(Console(file=out, width=width), table)
    lines = out.getvalue().splitlines()
    assert [amount for amount in amounts if any(amount in line for line in lines)] == amounts
    assert len(lines) == 6
    assert len({len(line) for line in lines}) == 1
