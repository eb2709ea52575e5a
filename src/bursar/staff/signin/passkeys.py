"""Passkeys (WebAuthn): the options that a browser is given, and its answers verified. Pure.

User verification is required: a passkey that was unlocked by a finger, a face or a PIN is two factors in one.
"""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bursar.kernel.ip_networks import by_name
from bursar.staff.errors import PasskeyUnusable
from bursar.staff.model import Person
from bursar.staff.signin.model import Passkey

NAME: Final = "Bursar"
CHALLENGE_BYTES: Final = 32
ANSWER_CHARS_MAX: Final = 20_000
"""Of a browser's answer as JSON."""
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
_MALFORMED: Final = (WebAuthnException, ValueError, KeyError, TypeError)
"""Raised by the library for an answer that is not one."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A passkey that a device has made."""

    credential: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The address under which this install's pages are served: passkeys are bound to it."""

    host: str
    origin: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The one of pages below this URL; passkeys are bound to names, so a loopback address is `localhost`."""
        parts = urlsplit(by_name(url))
        return cls(parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}")

    def registration_options(self, person: Person, known: list[Passkey], challenge: bytes) -> str:
        """The options for making a passkey, as JSON; a device with a known one makes no second."""
        options = webauthn.generate_registration_options(
            rp_id=self.host,
            rp_name=NAME,
            user_id=str(person.id).encode(),
            user_name=person.email,
            user_display_name=person.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in known],
        )
        return webauthn.options_to_json(options)

    def sign_in_options(self, challenge: bytes) -> str:
        """The options for signing in with any passkey of this install, as JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=self.host, challenge=challenge, user_verification=_VERIFIED
        )
        return webauthn.options_to_json(options)

    def registered(self, answer: str, challenge: bytes) -> NewCredential:
        """The passkey that a device has made for the challenge; raises PasskeyUnusable."""
        try:
            verified = webauthn.verify_registration_response(
                credential=_bounded(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except _MALFORMED:
            raise PasskeyUnusable from None
        return NewCredential(verified.credential_id, verified.credential_public_key, verified.sign_count)

    def signed(self, answer: str, challenge: bytes, passkey: Passkey, public_key: bytes) -> int:
        """The count of signatures after this one; raises PasskeyUnusable.

        A count that does not grow tells of a copied passkey, and is refused; devices without a count always tell 0.
        """
        try:
            verified = webauthn.verify_authentication_response(
                credential=_bounded(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.origin,
                credential_public_key=public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _MALFORMED:
            raise PasskeyUnusable from None
        return verified.new_sign_count


def passkey_of(person_id: int, credential: bytes) -> str:
    """The vault's purpose under which a passkey's public key is sealed: a row in another's name does not open."""
    return f"staff passkey {person_id} {credential.hex()}"


def credential_of(answer: str) -> bytes:
    """The number of the passkey that answers; raises PasskeyUnusable."""
    try:
        return base64url_to_bytes(parse_authentication_credential_json(_bounded(answer)).id)
    except _MALFORMED:
        raise PasskeyUnusable from None


def _bounded(answer: str) -> str:
    if len(answer) > ANSWER_CHARS_MAX:
        raise PasskeyUnusable
    return answer
