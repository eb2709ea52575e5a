"""The adapter behind each port of an install, and the ports that have none, by the install's settings alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bursar.install.modules import Module
from bursar.install.settings import Settings
from bursar.kernel.errors import CannotStart

EVERY: Final = frozenset(Module)
PLAYED: Final = "sandbox"
"""The name of an adapter that plays the outside."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A port, and who stands behind it here."""

    port: str
    modules: frozenset[Module]
    """The modules that cannot be without it; of an install, those that are in use."""
    name: str | None
    """None: nobody does."""
    remedy: str = ""
    """The setting to make where nobody does, as a sentence."""


class AdaptersMissing(CannotStart):
    """Ports of a live install's modules have nobody behind them."""

    def __init__(self, missing: list[Adapter]) -> None:
        told = "; ".join(
            f"{adapter.port} (for {', '.join(sorted(adapter.modules))}): {adapter.remedy}" for adapter in missing
        )
        super().__init__(f"A live install needs an adapter for each port of its modules. Missing are {told}.")
        self.missing = missing


def adapters(settings: Settings) -> list[Adapter]:
    """Every port of the modules in use, in a fixed order."""
    played = PLAYED if settings.is_sandbox else None
    return [
        replace(adapter, modules=adapter.modules & settings.modules, name=adapter.name or played)
        for adapter in _choices(settings)
        if adapter.modules & settings.modules
    ]


def check_adapters(settings: Settings) -> None:
    """Raises AdaptersMissing unless every port of the modules in use has somebody behind it."""
    missing = [adapter for adapter in adapters(settings) if adapter.name is None]
    if missing:
        raise AdaptersMissing(missing)


def _choices(settings: Settings) -> Iterator[Adapter]:
    yield Adapter("master key", EVERY, "PKCS#11" if settings.master_keys.is_wrapped else "setting")
    yield Adapter("storage", EVERY, "S3" if settings.storage_url else "folder")
    yield Adapter("mail", EVERY, "SMTP" if settings.smtp_url else None, "set BURSAR_SMTP_URL")
    sms = "HTTP gateway" if settings.sms_gateway_file else "SMPP" if settings.smpp_url else None
    yield Adapter(
        "text messages",
        frozenset({Module.CARD, Module.PAYOUT, Module.OTP}),
        sms,
        "set BURSAR_SMPP_URL or BURSAR_SMS_GATEWAY",
    )
    yield Adapter(
        "issuer",
        frozenset({Module.CARD}),
        None,
        "this version has no adapter to an issuer, so leave `card` out of BURSAR_MODULES",
    )
    yield Adapter(
        "bank", frozenset({Module.PAYOUT}), "ISO 20022 files" if settings.bank_file else None, "set BURSAR_BANK"
    )
    yield Adapter("exchange rates", frozenset({Module.PAYOUT}), "file" if settings.rates else "table")
    wallet = frozenset({Module.WALLET})
    yield Adapter("chains", wallet, "nodes" if settings.chains_file else None, "set BURSAR_CHAINS")
    yield Adapter("verification of customers", frozenset({Module.CARD}), None if settings.is_sandbox else "desk")
    yield Adapter("screening", EVERY - {Module.OTP}, None if settings.is_sandbox else "lists")
