"""The work that merchants cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ResumeJobs(Payload):
    """Wake the jobs that a suspension of the merchant held."""

    kind: ClassVar[str] = "merchants.resume"
