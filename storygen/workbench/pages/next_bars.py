"""What could come next, as bars: the likeliest tokens, the one that should come, and what was drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..elements import Bar
from ..models.base import Likely, NextDistribution, ScoredToken
from .shades import percent


def likeliest_bars(
    here: NextDistribution, num: int, true: ScoredToken | None, mark: int | None, place: int
) -> list[Bar]:
    """The first `num` of `here`, and the true token below them where it is not among them.

    `mark`: which of `here.tokens` is the true one. `place` goes into the keys, so that a click that comes
    late picks nothing.
    """
    bars = [
        _bar(place, number, token, here, true="true" if number == mark else "")
        for number, token in enumerate(here.tokens[:num])
    ]
    if mark is not None and mark >= num:
        bars.append(_bar(place, mark, here.tokens[mark], here, true="true", rank=mark + 1))
    elif mark is None and true is not None and true.logprob is not None:
        rank = "" if true.rank is None else f"rank {true.rank:,}"
        bars.append(
            Bar(
                f"{place}.true",
                true.text,
                (math.exp(true.logprob),),
                (percent(true.logprob),),
                mark="true",
                note=rank,
                hint="What should come here.",
                mono=True,
            )
        )
    return bars


def drawn_bars(here: NextDistribution, place: int) -> list[Bar]:
    """What was drawn, the most frequent first."""
    total = sum(here.drawn)
    found = [(times, number) for number, times in enumerate(here.drawn) if times]
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return [
        Bar(
            f"{place}.{number}",
            here.tokens[number].text,
            (times / total,),
            (f"{times} of {total}",),
            second=here.after[number] if here.after else None,
            hint=_told(here.tokens[number], here, number),
            mono=True,
        )
        for times, number in found
    ]


def marked(tokens: Sequence[Likely], true: ScoredToken | None) -> int | None:
    """Which of `tokens` is `true`."""
    if true is None:
        return None
    by_id = true.id is not None and all(token.id is not None for token in tokens)
    for number, token in enumerate(tokens):
        if (token.id == true.id) if by_id else (token.text == true.text):
            return number
    return None


def _bar(
    place: int,
    number: int,
    token: Likely,
    here: NextDistribution,
    *,
    true: str,
    rank: int | None = None,
) -> Bar:
    return Bar(
        f"{place}.{number}",
        token.text,
        (math.exp(token.logprob),),
        (percent(token.logprob),),
        second=here.after[number] if here.after else None,
        mark="true" if true else "",
        note="" if rank is None else f"rank {rank:,}",
        hint=_told(token, here, number) + (" What should come here." if true else ""),
        mono=True,
    )


def _told(token: Likely, here: NextDistribution, number: int) -> str:
    """All that is known of a token, as a sentence."""
    parts = [percent(token.logprob)]
    if here.after:
        parts.append(f"{100 * here.after[number]:.3g} % after the samplers")
    if number < len(here.drawn) and here.drawn[number]:
        parts.append(f"drawn {here.drawn[number]} times")
    if token.id is not None:
        parts.append(f"token {token.id}")
    return ", ".join(parts) + "."
