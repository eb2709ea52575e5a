"""The work and the output of `bursar wallet`."""

from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from bursar.cli.commands import with_parts
from bursar.cli.staff_commands import perform
from bursar.cli.tables import print_table
from bursar.install.errors import SettingMissing
from bursar.install.settings import read_chains_path, read_wallet_keys
from bursar.main.signers import ChainKeys, chain_keys
from bursar.providers.chains.signers.seed_file import make_seed_file
from bursar.wallet.model import Alarm
from bursar.wallet.payments.model import Intent
from bursar.wallet.treasury.reconciliation import ReconciledCoin
from bursar.wallet.treasury.returns import PURPOSE as DEPOSIT_RETURN


def print_standings(console: Console, standings: list[ReconciledCoin]) -> None:
    """A line for each chain and coin, then the reasons for the differences."""
    print_table(console, _table(standings))
    for standing in standings:
        for reason in standing.reasons:
            console.print(f"{standing.chain_id} {standing.coin}: {reason.amount:f} {reason.name}", highlight=False)


def are_explained(standings: list[ReconciledCoin]) -> bool:
    """True if every difference has a reason."""
    return all(not standing.unexplained for standing in standings)


def told_keys(keys: list[ChainKeys]) -> str:
    """Lines to put into the file of chains. All of it is public."""
    return "\n".join(
        f'# {each.chain_id}\nextended_key = "{each.extended_key}"\nhot_address = "{each.hot_address}"' for each in keys
    )


def print_alarms(console: Console, alarms: list[Alarm]) -> None:
    """A line for each, with all that is known of it; or that there are none."""
    if not alarms:
        console.print("no alarms")
        return
    table = Table("At", "Merchant", "Kind", "About", "Detail")
    for alarm in alarms:
        detail = ", ".join(f"{name} {value}" for name, value in alarm.detail.items())
        table.add_row(alarm.at.isoformat(), str(alarm.merchant_id), alarm.kind, alarm.subject, detail)
    print_table(console, table)


def print_payments(console: Console, payments: list[Intent]) -> None:
    """A line for each payment, with the reason why it waits; or that there are none."""
    if not payments:
        console.print("nothing is under way")
        return
    table = Table("Since", "Chain", "For", "Units", "To", "Standing", "Signed", "Transaction")
    for payment in payments:
        standing = payment.status if payment.reason is None else f"{payment.status}: {payment.reason}"
        table.add_row(
            payment.created_at.isoformat(timespec="seconds"),
            payment.chain_id,
            f"{payment.purpose}:{payment.subject_id}",
            f"{payment.units} {payment.coin}",
            payment.recipient,
            standing,
            str(payment.attempts),
            payment.tx_hash or "",
        )
    print_table(console, table)


def _table(standings: list[ReconciledCoin]) -> Table:
    table = Table(
        "Chain", "Coin", "Addresses", "On the chain", "In the books", "Difference", "Unexplained", "Under way"
    )
    for standing in standings:
        table.add_row(
            standing.chain_id,
            standing.coin,
            str(standing.addresses),
            f"{standing.on_chain:f}",
            f"{standing.booked:f}",
            f"{standing.difference:f}",
            f"{standing.unexplained:f}",
            str(standing.under_way),
        )
    return table


def reconcile(console: Console) -> bool:
    """Print how chains and books stand to each other; whether every difference has a reason."""
    standings = with_parts(lambda parts: parts.rooms.paying.reconciliation.compare())
    print_standings(console, standings)
    return are_explained(standings)


def make_seed() -> Path:
    """A new seed in the file that the settings name; raises SeedFileExists or SettingMissing."""
    path = read_wallet_keys().seed_file
    if path is None:
        raise SettingMissing("BURSAR_WALLET_SEED_FILE", "must name the file to make")
    make_seed_file(path)
    return path


def keys(*, new_hot_keys: bool) -> str:
    """The public keys for the file of chains; needs no database."""
    return told_keys(uvloop.run(chain_keys(read_chains_path(), read_wallet_keys(), new_hot_keys=new_hot_keys)))


def alarms(console: Console) -> None:
    """Print incidents of the wallet that should never happen, newest first."""
    print_alarms(console, with_parts(lambda parts: parts.rooms.wallet.deposits.alarms()))


def payments(console: Console) -> None:
    """Print payments on chains that have not ended, and returns of deposits that failed: their coins are still held."""
    print_payments(console, with_parts(lambda parts: parts.rooms.paying.payments.standing({DEPOSIT_RETURN})))


def block(console: Console, action: str, where: tuple[str, str], reason: str) -> None:
    """Pay nothing to an address on a chain, or ask for it to be paid to again."""
    chain_id, address = where
    perform(console, action, {"chain": chain_id, "address": address, "reason": reason}, reason, as_json=False)
