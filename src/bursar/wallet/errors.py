"""Refusals of the wallet."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused, Unavailable


class AddressMalformed(Refused):
    """The text is not an address of this chain, or its checksum is wrong."""

    address: str


class AddressNobodys(Refused):
    """Nobody can spend coins that are sent to the address: it burns coins, is the chain's own, or is a token's
    contract.
    """

    address: str


class ExtendedKeyMalformed(Refused):
    """The text is not an extended public key."""


class DepositIndexOutOfRange(Refused):
    """Deposit addresses are numbered from 0 to 2,147,483,647."""

    index: int


class ChainUnknown(NotFound):
    """There is no such chain, or the coin is not on it."""

    chain_id: str


class CoinUnknown(NotFound):
    """The wallet does not carry such a coin."""

    coin: str


class PoolNotConfigured(NotFound):
    """The coin has no limits and fees on this chain."""

    coin: str
    chain_id: str


class TooManyAddresses(LimitReached):
    """More addresses than are given out at a time."""

    most: int


class AddressPoolEmpty(Unavailable):
    """There are not so many prepared addresses; more are being made."""

    chain_id: str


class AddressQuotaUsedUp(LimitReached):
    """The merchant may not have so many addresses."""

    quota: int


class AddressGiven(Conflict):
    """The address is another merchant's, or nobody's until it is given out."""

    chain_id: str
    number: int


class AddressNotDerivable(Refused):
    """An address could not be derived again, or it came out as another one; it is not given out."""

    chain_id: str


class NodesUnavailable(Unavailable):
    """The nodes of a chain do not answer."""

    chain_id: str


class DepositUnknown(NotFound):
    """There is no such deposit of this merchant."""

    number: str


class DepositNotInState(Refused):
    """The deposit is not in a state that allows it."""

    deposit_id: int
    status: str


class PoolConfigInvalid(Refused):
    """A pool cannot have such settings."""

    setting: str
    reason: str


class ChainsMisconfigured(Refused):
    """The file of chains cannot be used as it stands."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"BURSAR_CHAINS: {self.where} {self.reason}."


class AlarmUnknown(NotFound):
    """No alarm with this number waits for an operator."""

    alarm_id: int
