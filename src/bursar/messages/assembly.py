"""The room of messages put together: mail, SMS, and the delivery reports of both."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.messages.mail import Mail
from bursar.messages.service import Receipts
from bursar.messages.sms import Sms


@dataclass(frozen=True, slots=True)
class MessageRoom:
    """The gateways that messages leave by, and their delivery reports."""

    mail: Mail
    sms: Sms
    receipts: Receipts


def build_messages(ground: Ground, mail: Mail, sms: Sms) -> MessageRoom:
    """The room on this ground, with its two gateways."""
    return MessageRoom(mail, sms, Receipts(ground.database, ground.clock))
