"""The figures of the house: the path of one warm recharge stays as short as it is."""

from pathlib import Path
from typing import Final

from tools.house import called_by_a_recharge

FILES_MAX: Final = 45
"""Files that one warm recharge enters; whoever shortens the path lowers it. One finds the prices in force
(`kernel/succession.py`)."""
SANDBOX_ALONE: Final = {"sandbox/faults.py", "sandbox/ledger.py"}
"""Those that a live install does not have."""


async def test_a_warm_recharge_enters_no_more_files_than_it_needs(dsn: str, tmp_path: Path) -> None:
    called = await called_by_a_recharge(dsn, str(tmp_path))
    assert len(called) <= FILES_MAX, list(called)
    assert {path for path in called if path.startswith("sandbox/")} == SANDBOX_ALONE
    assert called["cards/orders/service.py"][0] == "Orders.recharge"
