"""Faults of a secret."""

from bursar.kernel.errors import BrokenInvariant, Conflict, LimitReached, Refused


class SecretUnreadable(BrokenInvariant):
    """A stored secret cannot be opened: the master key is another one, or the row was changed."""

    purpose: str


class MasterKeyInvalid(BrokenInvariant):
    """The master key must be 32 bytes in base64."""


class WrappedKeyMalformed(Refused):
    """A wrapped master key is one line, wrapped:LABEL:BASE64, as `bursar key wrap` prints it."""


class KeyModuleMalformed(Refused):
    """A hardware module is named by pkcs11:token=LABEL?module-path=PATH, with the path of its library."""


class MasterKeysAlike(Refused):
    """The present master key and the previous one are the same."""


class MasterKeyNotPrepared(Refused):
    """The present master key is not one that the install moves to: `bursar key prepare master` asks for that."""

    id: str


class MasterKeyStillNeeded(Conflict):
    """Processes are running that were not given the present master key, so the one before cannot go."""

    processes: int


class KeyChangedMeanwhile(Conflict):
    """Somebody else has taken a step with this key at the same moment."""


class GenerationsExhausted(LimitReached):
    """A key has had as many generations as there can be."""
