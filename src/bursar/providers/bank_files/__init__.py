"""A bank that is paid through by files: ISO 20022 out and in, through a folder or SFTP.

`bank.py` takes payments on, `outbox.py` seals them into files at the cut-offs and delivers them, `inbox.py` takes the
bank's files in, `matches.py` decides on the meaning of an entry for a payment, and payouts are told the rest.
"""

from bursar.providers.bank_files.bank import FileBank
from bursar.providers.bank_files.settings import BankSettings, read_bank_settings

__all__ = ["BankSettings", "FileBank", "read_bank_settings"]
