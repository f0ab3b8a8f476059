"""What the card tells of a dataset, counted while it is written; holds no observation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..observations import Observation
from .rows import dpo_rows, kto_rows


@dataclass(slots=True)
class Survey:
    """A first look at all observations: which stories there are, and who did not consent."""

    consented: frozenset[str]
    stories: set[str] = field(default_factory=set)
    with_labels: set[str] = field(default_factory=set)
    with_pairs: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    num_observations: int = 0

    def look_at(self, observation: Observation) -> None:
        """Counts one observation."""
        self.num_observations += 1
        story = observation.story
        if story not in self.consented:
            self.refused.add(story)
            return
        self.stories.add(story)
        if story not in self.with_pairs and next(dpo_rows([observation]), None):
            self.with_pairs.add(story)
        if story not in self.with_labels and next(kto_rows([observation]), None):
            self.with_labels.add(story)

    @property
    def fruitful(self) -> set[str]:
        """The stories that have rows in every form that has any."""
        return self.with_pairs or self.with_labels or self.stories


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written.

    `num_rows`: by form and split. `num_stories`: by split. `num_candidates` and `num_selected`: by model.
    `ranges`: the lowest and highest of each number in `params`.
    """

    num_rows: Mapping[str, Mapping[str, int]]
    num_stories: Mapping[str, int]
    num_left_out: int  # stories without consent
    num_sets: int
    num_automatic: int  # sets
    num_untaken: int  # sets of people from which nothing was taken
    num_blind: int
    num_candidates: Mapping[str, int]
    num_selected: Mapping[str, int]
    ranges: Mapping[str, tuple[float, float]]
    policies: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """Counts what goes out, for `Summary`."""

    num_sets: int = 0
    num_automatic: int = 0
    num_untaken: int = 0
    num_blind: int = 0
    num_rows: dict[str, Counter[str]] = field(default_factory=dict)
    num_candidates: Counter[str] = field(default_factory=Counter)
    num_selected: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)

    def count(self, observation: Observation) -> None:
        """Counts an observation as it goes out."""
        chosen = observation.chosen
        self.num_sets += 1
        self.num_blind += observation.blind
        if observation.by != "human":
            self.num_automatic += 1
        elif chosen is None:
            self.num_untaken += 1
        self.policies.add(observation.policy)
        for candidate in observation.candidates:
            self.num_candidates[candidate.model] += 1
            self.num_selected[candidate.model] += candidate is chosen
            for name, value in candidate.params.items():
                self._widen(name, value)

    def _widen(self, name: str, value: object) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
            low, high = self.ranges.get(name, (value, value))
            self.ranges[name] = (min(low, value), max(high, value))

    def count_row(self, form: str, split: str) -> None:
        """Counts a row that was written."""
        self.num_rows.setdefault(form, Counter())[split] += 1

    def summary(
        self, forms: Iterable[str], splits: Mapping[str, str], num_left_out: int
    ) -> Summary:
        """What was counted; `splits`: of each story."""
        return Summary(
            num_rows={form: dict(self.num_rows.get(form, {})) for form in forms},
            num_stories=dict(Counter(splits.values())),
            num_left_out=num_left_out,
            num_sets=self.num_sets,
            num_automatic=self.num_automatic,
            num_untaken=self.num_untaken,
            num_blind=self.num_blind,
            num_candidates=dict(self.num_candidates),
            num_selected=dict(self.num_selected),
            ranges=dict(sorted(self.ranges.items())),
            policies=tuple(sorted(self.policies)),
        )
