"""Packing is exact in both directions."""

from __future__ import annotations

import struct

import records_made as made
from hypothesis import given
from hypothesis import strategies as st

from storygen.store.packing import (
    blocks,
    pack_details,
    pack_ranges,
    pack_spans,
    token_record,
    unpack_details,
    unpack_ranges,
    unpack_spans,
)
from storygen.store.records import Span, TokenRecord
from storygen.store.varints import Reader, put, put_signed

clients = st.integers(0, 2**53 - 1)
counts = st.integers(0, 2**32)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
floats = st.floats(-40, 0, width=32)
ids = st.integers(-1, 300_000)
tokens = st.builds(
    TokenRecord,
    story=st.just("s1"),
    run=st.sampled_from(["r1", "r2"]),
    index=st.integers(0, 5),
    id=ids,
    text=texts,
    logprob=floats,
    ms=st.integers(0, 10**7).map(lambda value: value / 100),
    revision=st.integers(0, 1000),
    client=st.sampled_from([1, 2**53 - 1]),
    clock=counts,
    units=st.integers(0, 20),
    alternatives=st.lists(st.tuples(ids, texts, floats), max_size=4).map(tuple),
)


@given(st.integers(0, 2**70), st.integers(-(2**70), 2**70))
def test_integers_of_any_size_come_back(plain: int, signed: int) -> None:
    out = bytearray()
    put(out, plain)
    put_signed(out, signed)
    reader = Reader(bytes(out))
    assert (reader.get(), reader.get_signed(), reader.exhausted) == (plain, signed, True)


@given(st.lists(st.builds(Span, clients, counts, counts, counts), max_size=20).map(tuple))
def test_spans_come_back(spans: tuple[Span, ...]) -> None:
    assert unpack_spans(pack_spans(spans)) == spans


@given(st.lists(tokens, max_size=12), st.dictionaries(st.integers(0, 50), texts))
def test_tokens_come_back_whatever_the_vocabulary_says(
    written: list[TokenRecord], vocabulary: dict[int, str]
) -> None:
    read = []
    for block in blocks(written):
        ranges = unpack_ranges(block[0].run, block[0].index, pack_ranges(block))
        details = unpack_details(pack_details(block, vocabulary))
        read += [
            token_record("s1", at, more, vocabulary.__getitem__)
            for at, more in zip(ranges, details, strict=True)
        ]
    assert read == written


def test_a_block_ends_where_the_run_the_client_or_the_count_breaks() -> None:
    written = [
        made.token(0),
        made.token(1),
        made.token(3),
        made.token(4, client=5),
        made.token(5, client=5, run="r2"),
    ]
    assert [[t.index for t in block] for block in blocks(written)] == [[0, 1], [3], [4], [5]]


def test_a_token_with_ten_alternatives_of_a_known_vocabulary_packs_into_80_bytes() -> None:
    rare = [40_000 + i for i in range(10)]
    vocabulary = {id_: f" word{id_}" for id_ in rare}
    alternatives = tuple((id_, vocabulary[id_], -0.1 * id_) for id_ in rare)
    one = [made.token(90_000, id=rare[0], text=vocabulary[rare[0]], alternatives=alternatives)]
    assert len(pack_details(one, vocabulary)) <= 80


def test_a_probability_survives_as_the_float_that_the_model_computed() -> None:
    exact = struct.unpack("<f", struct.pack("<f", -1.2345678))[0]
    [details] = unpack_details(pack_details([made.token(0, logprob=exact)], {}))
    assert details.logprob == exact
