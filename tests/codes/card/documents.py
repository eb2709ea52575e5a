"""Codes of verifications (KYC) and of the files they are made with."""

from typing import Any

from tests.clients.card import Answer
from tests.e2e.scene import BACK, FRONT, SELFIE, SELFIE_CREDENTIAL

from .case import Chapter
from .pictures import NOT_A_PICTURE, TOO_LARGE
from .scene import NOBODY, CodeScene

FILES = Chapter("Files")
VERIFICATIONS = Chapter("Verification of customers (KYC)")
SUBMIT = "customer/kyc/submit"
UPLOAD_AGAIN = "Upload the photo with the right `fileType`, and submit within 24 hours."
DOCUMENT = "P-1009900"
case = FILES.case


@case(
    10124,
    "common/file/upload",
    "The content is no JPEG or PNG picture, whatever its name says.",
    "Upload a whole JPEG or PNG file.",
)
def not_a_picture(scene: CodeScene) -> Answer:
    return scene.upload(NOT_A_PICTURE)


@case(10125, "common/file/upload", "The file has more than 4 MiB.", "Make the picture smaller.")
def file_too_large(scene: CodeScene) -> Answer:
    return scene.upload(TOO_LARGE)


case = VERIFICATIONS.case


def submit(scene: CodeScene, **said: Any) -> Answer:
    return scene.ask(SUBMIT, scene.passport(scene.customer(), **said))


@case(10013, SUBMIT, "The document's nationality is no ISO 3166 alpha-2 code.", "Send a code such as `GB`.")
def document_of_no_country(scene: CodeScene) -> Answer:
    return submit(scene, nationality="XX")


@case(10015, SUBMIT, "The photo with the document's front in hand is not there.", UPLOAD_AGAIN)
def handheld_front_missing(scene: CodeScene) -> Answer:
    return submit(scene, handheldFront=NOBODY)


@case(10016, SUBMIT, "The photo with the document's back in hand is not there.", UPLOAD_AGAIN)
def handheld_back_missing(scene: CodeScene) -> Answer:
    return submit(scene, handheldBack=NOBODY)


@case(10017, SUBMIT, "The photo with the passport in hand is not there.", UPLOAD_AGAIN)
def handheld_passport_missing(scene: CodeScene) -> Answer:
    return submit(scene, handheldPassport=NOBODY)


@case(10018, SUBMIT, "The photo of the signature is not there.", UPLOAD_AGAIN)
def signature_missing(scene: CodeScene) -> Answer:
    return submit(scene, signature=NOBODY)


@case(10019, SUBMIT, "The photo of the document's front was uploaded as something else.", UPLOAD_AGAIN)
def front_of_another_type(scene: CodeScene) -> Answer:
    return submit(scene, frontPhoto=scene.photo(BACK))


@case(10019, SUBMIT, "The photo was uploaded more than 24 hours ago, and nothing has used it.", UPLOAD_AGAIN)
def front_expired(scene: CodeScene) -> Answer:
    asked = scene.passport(scene.customer(), frontPhoto=scene.photo(FRONT))
    scene.later(24 * 3600)
    return scene.ask(SUBMIT, asked)


@case(10020, SUBMIT, "The photo of the document's back is not there.", UPLOAD_AGAIN)
def back_missing(scene: CodeScene) -> Answer:
    return submit(scene, backPhoto=NOBODY)


@case(
    10073,
    SUBMIT,
    "A verification of the customer is under review.",
    "Wait for its decision: the event `KS_KYC`.",
)
def under_review(scene: CodeScene) -> Answer:
    customer = scene.customer()
    scene.ok(SUBMIT, scene.passport(customer))
    return scene.ask(SUBMIT, scene.passport(customer))


@case(
    10073,
    SUBMIT,
    "The verifier does not take it; it counts as never submitted.",
    "Submit it again later.",
    leaves=("kyc", "job", "ledger_operation"),
)
def verifier_failed(scene: CodeScene) -> Answer:
    with scene.fault("kyc.submit"):
        return submit(scene)


@case(
    10098,
    SUBMIT,
    "The back is missing of a document that has one: an ID card, a driving or a residence permit.",
    "Send `backPhoto` too.",
)
def no_back(scene: CodeScene) -> Answer:
    return submit(scene, credentialType=1)


@case(
    10099,
    SUBMIT,
    "A customer of the merchant was verified with this document already.",
    "Find out who holds it; a person is one customer.",
    DOCUMENT,
)
def document_approved_already(scene: CodeScene) -> Answer:
    scene.decided(scene.passport(scene.customer(), credentialNo=DOCUMENT))
    return submit(scene, credentialNo=DOCUMENT)


@case(
    10103,
    SUBMIT,
    "A selfie comes before any document is approved.",
    "Have a document approved first.",
)
def selfie_first(scene: CodeScene) -> Answer:
    return submit(scene, credentialType=SELFIE_CREDENTIAL, frontPhoto=scene.photo(SELFIE))
