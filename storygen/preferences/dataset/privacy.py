"""Which observations may leave this machine, and what is taken off them before they do.

Only stories whose writer consented go out. Ids become pseudonyms, models that are paths their last part,
and times the day. The texts stay as they are: nothing here knows what somebody wrote about.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace

from ...errors import BadRequestError
from ..observations import Observation, ShownCandidate

DAY_S = 86_400
_PSEUDONYM_LETTERS = 20  # 80 bits: no two of a billion ids are likely to share one
_PATH = re.compile(r"[/~.\\]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Privacy:
    """What may go out.

    `salt`: with the same salt an id has the same pseudonym in every dataset, and without knowing it nobody
    can tell which; None leaves ids as they are. `exact_times`: times stay exact; else they are the beginning
    of the day (UTC). `extra`: the names in `Observation.extra` that may go out.

    Raises: BadRequestError when `salt` is empty.
    """

    consented: frozenset[str]
    salt: str | None
    exact_times: bool = False
    extra: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.salt == "":
            raise BadRequestError("The salt of the pseudonyms is empty; give a secret text.")

    def released(self, observation: Observation) -> Observation | None:
        """`observation` as it may go out; None when the story's writer did not consent."""
        if observation.story not in self.consented:
            return None
        return replace(
            observation,
            set=self.pseudonym("set", observation.set),
            story=self.pseudonym("story", observation.story),
            time=observation.time if self.exact_times else observation.time // DAY_S * DAY_S,
            policy=model_name(observation.policy),
            candidates=tuple(self._candidate(one) for one in observation.candidates),
            extra={name: one for name, one in observation.extra.items() if name in self.extra},
        )

    def pseudonym(self, kind: str, id: str) -> str:
        """20 hexadecimal digits for the id of a "story", "set" or "candidate"; the id itself without a salt.

        Source: HMAC-SHA-256 (RFC 2104) of kind and id under the salt.
        """
        if self.salt is None:
            return id
        message = f"{kind}\0{id}".encode("utf-8", "surrogatepass")
        key = self.salt.encode("utf-8", "surrogatepass")
        return hmac.new(key, message, hashlib.sha256).hexdigest()[:_PSEUDONYM_LETTERS]

    def _candidate(self, candidate: ShownCandidate) -> ShownCandidate:
        return replace(
            candidate,
            candidate=self.pseudonym("candidate", candidate.candidate),
            model=model_name(candidate.model),
        )


def model_name(model: str) -> str:
    """`model`, or the last part of it where it is a path or an address; "owner/name" stays."""
    is_path = _PATH.match(model) or "\\" in model or model.count("/") > 1 or model.endswith("/")
    if not is_path:
        return model
    parts = [part for part in re.split(r"[/\\]", model) if part not in ("", ".", "..", "~")]
    return parts[-1] if parts else ""
