"""The providers of a process with a stop-watch each, for its rooms."""

from dataclasses import replace

from bursar.observation.ports import measured
from bursar.outside import Outside


def with_stop_watches(outside: Outside) -> Outside:
    """The same ports, their calls timed and counted; chains are told apart by their names.

    Pushes to merchants have metrics of their own, and are no provider's.
    """
    access = outside.access
    return replace(
        outside,
        issuer=measured("issuer", outside.issuer),
        issuer_catalogue=measured("issuer", outside.issuer_catalogue),
        verifier=measured("verifier", outside.verifier),
        storage=measured("storage", outside.storage),
        mail=measured("mail", outside.mail),
        sms=measured("sms", outside.sms),
        bank=measured("bank", outside.bank),
        screening=measured("screening", outside.screening),
        access=replace(
            access,
            chains={name: measured("chain", chain, name) for name, chain in access.chains.items()},
            signer=measured("signer", access.signer),
        ),
    )
