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
    settings: Settings, ground: Ground, merchants: Merchants, sandbox: Sandbox, bank: Bank | None
) -> Outside:
    """All ports of a process; `bank` is the rail that a file describes, if there is one.

    Raises ChainsMisconfigured, S3UrlMalformed and what `with_gateways` does.
    """
    if settings.chains_file is None:
        access = sandbox.access(ground, await sandbox_specs(merchants), sandbox_signer(merchants))
    else:
        access = file_access(settings.chains_file, settings.wallet_keys, ground.clock)
    http = HttpSender(allow_private=settings.is_sandbox)
    played = sandbox.outside(ground, access, storage_of(settings), http)
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
    if settings.smtp_url is not None:
        outside = replace(outside, mail=SmtpMail(SmtpServer.from_url(settings.smtp_url)))
    if settings.smpp_url is not None:
        receipts = Receipts(ground.database, ground.clock)
        outside = replace(outside, sms=SmppSms(SmppServer.from_url(settings.smpp_url), receipts))
    if settings.sms_gateway_file is not None:
        outside = replace(outside, sms=HttpSms(*SmsGateway.read(settings.sms_gateway_file)))
    return outside


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
async def connected(outside: Outside) -> AsyncIterator[None]:
    """While entered, the message centre is connected, if there is one."""
    if not isinstance(outside.sms, SmppSms):
        yield
        return
    outside.sms.start()
    try:
        yield
    finally:
        await outside.sms.close()


async def close(outside: Outside) -> None:
    """Drop the connections to nodes and gateways, log out where keys are, and let go of receivers of pushes."""
    for port in (*outside.access.chains.values(), outside.access.signer, outside.prober, outside.sms):
        end: Callable[[], Awaitable[None]] | None = getattr(port, "close", None)
        if end is not None:
            await end()
