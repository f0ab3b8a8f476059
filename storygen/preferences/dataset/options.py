"""What a writer asks of a dataset, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...errors import BadRequestError
from .columns import FORMS
from .files import FORMATS
from .privacy import Privacy
from .splits import Shares

_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_NAME_LETTERS = 200


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What is written, and what its card says.

    `forms` and `formats`: some of `FORMS` and `FORMATS`. `conversational`: the preference forms hold
    messages, for models that chat. `license`: an identifier of the hub ("cc-by-4.0"), or a sentence of the
    writer's own; "" is "unknown". `language`: ISO 639 ("en"), "" when it is not known.

    Raises: BadRequestError, naming the option, when one is not right.
    """

    privacy: Privacy
    forms: tuple[str, ...] = FORMS
    formats: tuple[str, ...] = ("parquet",)
    conversational: bool = False
    shares: Shares = field(default_factory=Shares)
    seed: int = 0
    name: str = "Choices among continuations"
    license: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        for option, values, known in (
            ("forms", self.forms, FORMS),
            ("formats", self.formats, FORMATS),
        ):
            if not values or not set(values) <= set(known) or len(set(values)) < len(values):
                raise BadRequestError(f"{option}: name some of {', '.join(known)}, each once.")
        if not self.name.strip() or len(self.name) > MOST_NAME_LETTERS:
            raise BadRequestError(f"name: give one of up to {MOST_NAME_LETTERS} letters.")
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise BadRequestError('language: give a code such as "en", or nothing.')

    @property
    def license_id(self) -> str:
        """The hub's identifier, "other" where the license is a sentence, or "unknown"."""
        if not self.license.strip():
            return "unknown"
        return self.license if _LICENSE.fullmatch(self.license) else "other"
