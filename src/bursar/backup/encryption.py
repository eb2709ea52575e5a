"""Sealing to a public key and opening with the private one, by age's format, as streams."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, Final

import pyrage

from bursar.backup.errors import BackupDamaged, BackupFailed, BackupNotForThisKey, IdentityInvalid, RecipientInvalid

IDENTITY_BYTES_MAX: Final = 4_096
_WRONG_KEY: Final = "No matching keys found"


def new_identity(path: Path) -> str:
    """Make a private key in a file that only its owner may read; the public one. Raises FileExistsError."""
    identity = pyrage.x25519.Identity.generate()
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# public key: {identity.to_public()}\n{identity}\n")
        file.flush()
        os.fsync(file.fileno())
    return str(identity.to_public())


def read_recipient(text: str) -> pyrage.x25519.Recipient:
    """A public key; raises RecipientInvalid."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise RecipientInvalid from None


def read_identity(path: Path) -> pyrage.x25519.Identity:
    """The private key in a file, among lines of comment; raises IdentityInvalid."""
    try:
        with path.open(encoding="ascii") as file:
            lines = file.read(IDENTITY_BYTES_MAX).splitlines()
        [key] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        return pyrage.x25519.Identity.from_str(key)
    except (OSError, ValueError, pyrage.IdentityError):
        raise IdentityInvalid from None


def seal(produce: Callable[[BinaryIO], None], into: BinaryIO, recipient: pyrage.x25519.Recipient) -> None:
    """Seal the output of `produce` as it comes. Raises the errors of `produce`, or BackupFailed where `into` fails."""
    reading, writing = os.pipe()
    faults: list[BaseException] = []

    def run() -> None:
        with suppress(BrokenPipeError):  # the other side has failed, and says so
            try:
                with os.fdopen(writing, "wb") as pipe:
                    produce(pipe)
            except BrokenPipeError:
                raise
            except BaseException as fault:
                faults.append(fault)

    producer = Thread(target=run, name="backup")
    source = os.fdopen(reading, "rb")
    producer.start()
    try:
        pyrage.encrypt_io(source, into, [recipient])
    except pyrage.EncryptError as fault:
        raise BackupFailed(_words(fault)) from None
    finally:
        source.close()
        producer.join()
        if faults:
            raise faults[0]


def unseal(sealed: BinaryIO, identity: pyrage.x25519.Identity, consume: Callable[[BinaryIO], None]) -> None:
    """Open, while `consume` reads the content. Raises BackupNotForThisKey, BackupDamaged and what it raises.

    Each chunk is authenticated before it is passed on; the end is, too, so that a file that was cut is found out.
    """
    reading, writing = os.pipe()
    faults: list[Exception] = []

    def run() -> None:
        with os.fdopen(writing, "wb") as pipe, suppress(BrokenPipeError):
            try:
                pyrage.decrypt_io(sealed, pipe, [identity])
            except Exception as fault:  # of age itself, of the disk and of the pipe alike
                faults.append(fault)

    opener = Thread(target=run, name="backup")
    opener.start()
    try:
        with os.fdopen(reading, "rb") as pipe:
            consume(pipe)
            while pipe.read(65_536):  # what follows the archive; its end is authenticated like the rest
                pass
    finally:
        opener.join()
        wrong = next((fault for fault in faults if not isinstance(fault, BrokenPipeError)), None)
        if wrong is not None and "Broken pipe" not in str(wrong):
            raise BackupNotForThisKey if _WRONG_KEY in str(wrong) else BackupDamaged(_reason(wrong)) from None


def _reason(fault: Exception) -> str:
    return f"it cannot be opened ({_words(fault)})"


def _words(fault: Exception) -> str:
    return str(fault).strip().rstrip(".").lower() or type(fault).__name__
