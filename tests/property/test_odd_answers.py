"""Whatever a server answers: it is read, or refused in a sentence."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.workbench.models.remote_answers import read_pieces
from storygen.workbench.models.remote_errors import RemoteError

ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from(
            [10**400, -(10**400), float("nan"), float("-inf"), -0.5, "\ud800", "bytes:\\xff"]
        ),
        st.text(max_size=4),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)


def thing(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these fields, each now and then something else."""
    return st.fixed_dictionaries({}, optional={n: st.one_of(v, ODD) for n, v in fields.items()})


WORDS = st.sampled_from(["a", "b", " a"])
LOGPROBS = st.floats(-9, 0)
TOP = thing(token=WORDS, logprob=LOGPROBS, bytes=st.lists(st.integers(0, 300), max_size=3), id=ODD)
OBJECTS = thing(
    content=st.lists(
        st.one_of(thing(token=WORDS, logprob=LOGPROBS, top_logprobs=st.lists(TOP)), ODD), max_size=2
    )
)
LISTS = thing(
    tokens=st.lists(WORDS, min_size=1, max_size=2),
    token_logprobs=st.lists(st.one_of(LOGPROBS, ODD), min_size=1, max_size=2),
    top_logprobs=st.lists(st.one_of(st.dictionaries(WORDS, LOGPROBS), ODD), min_size=1, max_size=2),
)
CHOICES = thing(
    text=WORDS,
    index=st.integers(0, 3),
    delta=thing(content=WORDS, reasoning_content=WORDS),
    logprobs=st.one_of(OBJECTS, LISTS),
    finish_reason=WORDS,
    stop_reason=WORDS,
)


@settings(max_examples=600, deadline=None)
@given(answer=st.one_of(ODD, thing(choices=st.lists(st.one_of(CHOICES, ODD), max_size=2))))
def test_an_answer_is_read_or_refused(answer: Any) -> None:
    with contextlib.suppress(RemoteError):
        for piece in read_pieces(answer, 3):
            assert "".join(token.text for token in piece.tokens) == piece.text
