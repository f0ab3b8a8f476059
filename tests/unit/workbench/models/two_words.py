"""A model of two words, for tests of what only local models can do."""

from __future__ import annotations

from storygen.workbench.models.stepped import SteppedModel


class TwoWords(SteppedModel):
    """Says one as often as the other."""

    def vocabulary(self) -> list[str]:
        return ["yes ", "no "]

    def next_token_distribution(self, text: str) -> list[float]:
        return [0.5, 0.5]
