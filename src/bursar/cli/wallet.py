"""`bursar wallet`: the treasury, for the operator."""

from rich.console import Console
from rich.table import Table

from bursar.cli.tables import print_table
from bursar.main.signers import ChainKeys
from bursar.wallet.model import Alarm
from bursar.wallet.payments.model import Intent
from bursar.wallet.treasury.reconciliation import ReconciledCoin


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
