"""`bursar report`: a merchant's statement is asked for, made by the worker, listed and written to a file of its own."""

import csv
import io
import stat
import zipfile
from pathlib import Path

from .install import Install, until
from .test_staff_commands import as_json, bursar


def test_a_statement_is_made_listed_and_written_for_its_owner_alone(install: Install, tmp_path: Path) -> None:
    merchant = str(install.rows("SELECT merchant_id FROM merchant")[0][0])
    day, file = f"{install.business_now():%Y-%m-%d}", tmp_path / "statement.zip"
    asked = ("report", "statement", merchant, "--from", day, "--to", day, "--format", "csv")
    assert "PeriodImpossible" in bursar(install, *asked)
    [statement] = as_json(install, *asked, "--provisional")
    assert (statement["merchant_id"], statement["provisional"]) == (int(merchant), True)
    number = str(statement["id"])

    def made() -> bool:
        return as_json(install, "report", "statements", merchant)[0]["made_at"] is not None

    until(made, "the statement")
    file.touch(0o644)
    assert "wrote" in bursar(install, "report", "fetch", number, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        accounts = list(csv.DictReader(io.StringIO(packed.read("accounts.csv").decode())))
    held = {f"{row['Account']} {row['Asset']}": row["Closing balance"] for row in accounts}
    ledger = install.rows(
        "SELECT code || ' ' || asset, balance FROM ledger_account"
        " WHERE (code LIKE 'merchant:%%' OR code LIKE 'payout:%%') AND merchant_id = %(merchant)s AND balance <> 0",
        {"merchant": int(merchant)},
    )
    assert {name: int(closing.replace(".", "")) for name, closing in held.items()} == dict(ledger)
    assert "AccountStatementUnknown" in bursar(install, "report", "fetch", "1", str(file))
    assert "(provisional)" in bursar(install, "report", "make", "volumes", day, "--provisional")
