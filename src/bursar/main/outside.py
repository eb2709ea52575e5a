"""The choice of the outside: real adapters where the settings name one, the sandbox's otherwise."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bursar.files.storage import Storage
from bursar.ground import Ground
from bursar.install.settings import Settings, WalletKeys
from bursar.kernel.clock import Clock
from bursar.kernel.extras import optional
from bursar.main import live
from bursar.main.signers import signer_of
from bursar.merchants.service import Merchants
from bursar.messages.service import Receipts
from bursar.outside import ChainAccess, Outside
from bursar.payouts.ports import Bank
from bursar.providers.messages.http_sms import HttpSms, SmsGateway
from bursar.providers.messages.smpp_sms import SmppServer, SmppSms
from bursar.providers.messages.smtp_mail import SmtpMail, SmtpServer
from bursar.providers.storage.folder import StorageFolder
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.chain.keys import sandbox_signer, sandbox_specs
from bursar.wallet.chains import ChainKind, ChainSpec
from bursar.wallet.configuration import read_chains
from bursar.wallet.ports import Chain
from bursar.webhooks.sender import HttpSender


async def outside_of(
    settings: Settings, ground: Ground, merchants: Merchants, sandbox: Sandbox | None, bank: Bank | None
) -> Outside:
    """All ports of a process; `bank` is the rail that a file describes, if there is one.

    Raises ChainsMisconfigured, S3UrlMalformed and the errors of `with_gateways`.
    """
    file, storage = settings.chains_file, storage_of(settings)
    access = None if file is None else file_access(file, settings.wallet_keys, ground.clock)
    if sandbox is None:
        return with_gateways(settings, ground, live.outside(ground, access, storage, bank))
    if access is None:
        access = sandbox.access(ground, await sandbox_specs(merchants), sandbox_signer(merchants))
    played = sandbox.outside(ground, access, storage, HttpSender(allow_private=True))
    return replace(with_gateways(settings, ground, played), bank=bank or played.bank)


def storage_of(settings: Settings) -> Storage:
    """The bucket that the settings name, or the folder in the home; raises S3UrlMalformed."""
    if settings.storage_url is None:
        return StorageFolder(settings.home / "files")
    with optional("s3"):
        from bursar.providers.storage.s3 import Bucket, StorageS3

    return StorageS3(Bucket.from_url(settings.storage_url))


def with_gateways(settings: Settings, ground: Ground, outside: Outside) -> Outside:
    """The same with the mail server, and the message centre or gateway, that the settings name.

    Raises SmtpUrlMalformed, SmppUrlMalformed and SmsGatewayMisconfigured.
    """
    sms = sms_of(settings, Receipts(ground.database, ground.clock))
    return replace(outside, mail=mail_of(settings) or outside.mail, sms=sms or outside.sms)


def mail_of(settings: Settings) -> SmtpMail | None:
    """The mail server that the settings name; raises SmtpUrlMalformed."""
    return None if settings.smtp_url is None else SmtpMail(SmtpServer.from_url(settings.smtp_url))


def sms_of(settings: Settings, receipts: Receipts) -> SmppSms | HttpSms | None:
    """The message centre or gateway that the settings name; raises SmppUrlMalformed or SmsGatewayMisconfigured."""
    if settings.sms_gateway_file is not None:
        return HttpSms(*SmsGateway.read(settings.sms_gateway_file))
    return None if settings.smpp_url is None else SmppSms(SmppServer.from_url(settings.smpp_url), receipts)


def file_access(path: Path, keys: WalletKeys, clock: Clock) -> ChainAccess:
    """The chains of a file; raises ChainsMisconfigured."""
    configured = read_chains(path)
    chains = {spec.id: _chain_of(spec, clock) for spec in configured.specs}
    return ChainAccess(chains, signer_of(keys, configured), configured.pools)


def _chain_of(spec: ChainSpec, clock: Clock) -> Chain:
    """The adapter of a chain's kind, loaded only where there is such a chain."""
    if spec.kind is ChainKind.TRON:
        from bursar.providers.chains.tron.chain import TronChain

        return TronChain(spec, clock)
    from bursar.providers.chains.evm.chain import EvmChain

    return EvmChain(spec, clock)


@asynccontextmanager
async def connected(outside: Outside, *, messages: bool) -> AsyncIterator[None]:
    """While entered, the message centre is connected, if there is one and messages are asked for."""
    if not messages or not isinstance(outside.sms, SmppSms):
        yield
        return
    outside.sms.start()
    try:
        yield
    finally:
        await outside.sms.close()


async def close(outside: Outside) -> None:
    """Drop the connections to nodes and gateways, log out where keys are, and let go of receivers of pushes."""
    await close_access(outside.access)
    for port in (outside.prober, outside.sms):
        await _close(port)


async def close_access(access: ChainAccess) -> None:
    """Drop the connections to nodes, and log out where keys are."""
    for port in (*access.chains.values(), access.signer):
        await _close(port)


async def _close(port: object) -> None:
    end: Callable[[], Awaitable[None]] | None = getattr(port, "close", None)
    if end is not None:
        await end()
