"""The mail about a sign-in from a device that somebody has not used before."""

from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.messages.mail import Mail
from bursar.staff.people.store import PeopleStore
from bursar.staff.realm import Realm
from bursar.staff.signin.due import TellNewDevice
from bursar.staff.signin.store import SignInStore

SUBJECT: Final = "New sign-in to Bursar"


class NewDevice:
    """Tells people of new devices."""

    def __init__(self, ground: Ground, mail: Mail) -> None:
        self._store = SignInStore(ground.database)
        self._realms = [PeopleStore(ground.database, realm) for realm in Realm]
        self._mail = mail

    async def tell(self, _: Context, payload: TellNewDevice) -> None:
        """Mail the person of a session; nothing if the session is forgotten by now. May come twice after a crash.

        Raises what the mail port raises; then the job is run again.
        """
        session = await self._store.find_session_by_id(payload.session_id)
        found = [await people.find(person_id=session.staff_id) for people in self._realms] if session else []
        person = next((each for each in found if each is not None), None)
        if session is None or person is None:
            return
        helper = "an admin of your merchant" if person.of_merchant else "an owner"
        text = (
            f"Somebody signed in as {person.email} at {session.created_at:%Y-%m-%d %H:%M} UTC"
            f" from {session.device or 'an unknown device'}, address {session.address or 'unknown'},"
            f" with {session.factors}.\n\nIf that was not you, tell {helper} at once: they can disable your access.\n"
        )
        await self._mail.send(person.email, SUBJECT, text)
