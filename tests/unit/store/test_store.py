"""What is committed is read back, whole, in order, and from another thread's connection."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import records_made as made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.store.records import (
    AliasRecord,
    Author,
    CheckpointHead,
    CheckpointRecord,
    ServerClientRecord,
    SnapshotRecord,
    Span,
    StoredStory,
)
from storygen.store.store import Store, file_url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder & 100% é?#" / "stories.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    path.parent.mkdir()
    store = Store(file_url(path), busy_timeout_s=0.05)
    yield store
    store.close()


def opened(store: Store, story: str = "s1") -> StoredStory:
    found = store.open_story(story)
    assert found is not None
    return found


def test_a_story_and_all_that_belongs_to_it_is_there_after_reopening(
    store: Store, path: Path
) -> None:
    record = made.story(
        settings={"mode": "prompt", "keys": ["é", 1.5]},
        document="d1",
        num_words=3,
        opening="Once 物語",
        binned=None,
    )
    spans = (Span(made.CLIENT, 0, 4, 12), Span(7, 3, 2, 4))
    run = made.run(params={"stop": ["\n"]}, left=None)
    alias = AliasRecord("s1", 9, 1, 2, None, 0)
    store.commit(
        [
            record,
            ServerClientRecord("s1", made.CLIENT, 1.0),
            ServerClientRecord("s1", 5, 2.0),
            made.update(0, b"\x00zero", origin="create"),
            made.update(1, b"one", origin="run:r1"),
            run,
            made.token(0),
            SnapshotRecord("s1", 0, b"snapshot", spans),
            alias,
            made.checkpoint("c1", "Once"),
            made.checkpoint("c2", "Once upon", "c1"),
        ]
    )
    store.close()
    again = Store(file_url(path))
    found = opened(again)
    again.close()
    assert found.record == record
    assert found.snapshot == SnapshotRecord("s1", 0, b"snapshot", spans)
    assert found.updates == (made.update(1, b"one", origin="run:r1"),)
    assert found.clients == (made.CLIENT, 5)
    assert found.aliases == (alias,)
    assert found.runs == (run,)
    assert [(t.run, t.index, t.id, t.client, t.clock, t.units) for t in found.tokens] == [
        ("r1", 0, 3, made.CLIENT, 0, 5)
    ]
    assert found.head == "c2"


def test_a_story_that_does_not_exist_opens_as_none(store: Store) -> None:
    assert store.open_story("nowhere") is None
    assert store.checkpoint("nowhere") is None
    assert store.run("nowhere") is None
    assert store.token_details("nowhere", 0, 9) == []


def test_a_commit_that_fails_anywhere_writes_nothing(store: Store) -> None:
    store.commit([made.story(), made.update(0)])
    with pytest.raises(ConflictError):
        store.commit(
            [
                made.story("s2"),
                made.run(),
                made.checkpoint("c1", "text"),
                made.token(0),
                made.update(1),
                made.update(0),
            ]
        )
    assert [found.story for found in store.stories()] == ["s1"]
    assert opened(store).updates == (made.update(0),)
    assert opened(store).runs == ()
    assert opened(store).head is None
    store.commit([made.update(1), made.run(), made.token(0), made.checkpoint("c1", "text")])
    assert store.token_details("r1", 0, 1) == [made.token(0)]


@pytest.mark.parametrize(
    "record",
    [made.update(0), made.token(0), made.checkpoint("c1", "x"), ServerClientRecord("s1", 5, 9.0)],
    ids=lambda record: type(record).__name__,
)
def test_a_record_that_is_there_already_is_refused(store: Store, record: Any) -> None:
    store.commit([made.story(), made.run(), record])
    with pytest.raises(ConflictError):
        store.commit([record])


@pytest.mark.parametrize(
    "record", [made.update(0), made.run(), made.checkpoint("c", "x"), made.token(0)]
)
def test_a_record_of_a_story_or_run_that_does_not_exist_is_refused(
    store: Store, record: Any
) -> None:
    with pytest.raises(NotFoundError):
        store.commit([record])


def test_what_json_or_unicode_cannot_hold_is_refused_and_changes_nothing(store: Store) -> None:
    for record in (
        made.story(settings={"x": float("nan")}),
        made.story(settings={"x": object()}),
        made.story(title="half \ud800 a character"),
    ):
        with pytest.raises(BadRequestError):
            store.commit([record])
    assert store.stories() == []


def test_a_story_and_a_run_are_replaced_by_their_newer_records(store: Store) -> None:
    store.commit([made.story(), made.run(), made.update(0), made.token(0)])
    newer = made.run(state="ended", reason="stopped", ended=9.0, next_index=1, left=(1, 2))
    store.commit([made.story(title="Another"), newer])
    found = opened(store)
    assert (found.record.title, found.runs) == ("Another", (newer,))
    assert len(found.updates) == len(found.tokens) == 1
    assert store.run("r1") == newer


def test_the_library_lists_the_last_changed_first_and_the_bin_apart(store: Store) -> None:
    store.commit([made.story("old", changed=1.0), made.story("new", changed=2.0)])
    store.commit([made.story("gone", binned=5.0)])
    assert [found.story for found in store.stories()] == ["new", "old"]
    assert [found.story for found in store.stories(binned=True)] == ["gone"]


def test_only_a_binned_story_is_deleted_and_then_all_of_it_and_nothing_else(store: Store) -> None:
    for id_ in ("s1", "s2"):
        store.commit(
            [
                made.story(id_),
                made.run(f"r-{id_}", story=id_),
                made.update(0, story=id_),
                made.token(0, story=id_, run=f"r-{id_}"),
                made.checkpoint(f"c-{id_}", "text", story=id_),
                SnapshotRecord(id_, 0, b"", ()),
                AliasRecord(id_, 1, 2, 3, 4, 5),
                ServerClientRecord(id_, 5, 1.0),
            ]
        )
    with pytest.raises(ConflictError):
        store.delete_story("s1")
    store.commit([made.story("s1", binned=1.0)])
    store.delete_story("s1")
    assert store.open_story("s1") is None
    assert (store.run("r-s1"), store.checkpoint("c-s1"), store.checkpoints("s1")) == (
        None,
        None,
        [],
    )
    assert store.token_details("r-s2", 0, 1) != []
    assert opened(store, "s2").head == "c-s2"
    with pytest.raises(NotFoundError):
        store.delete_story("s1")
    with pytest.raises(NotFoundError):
        store.commit([made.update(1)])


def test_unfinished_runs_of_all_stories_are_found_for_interruption(store: Store) -> None:
    states = ("queued", "running", "paused", "ended")
    store.commit([made.story(), *(made.run(state, state=state) for state in states)])
    assert [found.run for found in store.runs_to_interrupt()] == ["queued", "running", "paused"]


def test_settings_come_back_and_are_replaced(store: Store) -> None:
    assert store.setting("presets") is None
    store.set_setting("presets", [{"name": "Calm", "params": {"top_p": 0.9}}])
    store.set_setting("presets", {"é": None})
    assert store.setting("presets") == {"é": None}


# ---------------------------------------------------------------- tokens


def test_token_details_of_any_range_come_back_over_the_edges_of_blocks(store: Store) -> None:
    store.commit([made.story(), made.run()])
    written = [made.token(i, text=f" w{i}", id=i, revision=i // 3, ms=i / 4) for i in range(20)]
    for start, stop in ((0, 1), (1, 8), (8, 9), (9, 20)):
        store.commit(written[start:stop])
    for start in range(-1, 21):
        for stop in range(start, 22):
            assert store.token_details("r1", start, stop) == written[max(start, 0) : max(stop, 0)]


def test_tokens_of_two_runs_in_one_commit_keep_apart(store: Store) -> None:
    store.commit([made.story(), made.run("r1"), made.run("r2", model="other")])
    first = [made.token(i) for i in range(3)]
    second = [made.token(i, run="r2", text=" zwei") for i in range(3)]
    store.commit([record for pair in zip(first, second, strict=True) for record in pair])
    assert store.token_details("r1", 0, 9) == first
    assert store.token_details("r2", 0, 9) == second


def test_a_model_whose_texts_change_under_the_same_name_reads_back_exactly(store: Store) -> None:
    store.commit([made.story(), made.run()])
    one, two = made.token(0, text=" cat"), made.token(1, text=" dog", alternatives=())
    store.commit([one])
    store.commit([two])
    assert store.token_details("r1", 0, 2) == [one, two]


def test_a_text_that_was_rolled_back_is_not_taken_for_known(store: Store) -> None:
    store.commit([made.story(), made.run(), made.update(0)])
    with pytest.raises(ConflictError):
        store.commit([made.token(0), made.token(0)])
    store.commit([made.token(0)])
    assert store.token_details("r1", 0, 1) == [made.token(0)]


def test_a_snapshot_merges_small_blocks_and_changes_no_token(store: Store, path: Path) -> None:
    store.commit(
        [made.story(), made.story("s2"), made.run("r1"), made.run("r2"), made.run("r3", story="s2")]
    )
    written = {
        "r1": [made.token(i, id=i, text=f" {i}", revision=i // 7, clock=i * 9) for i in range(600)],
        "r2": [made.token(i, run="r2", client=1 + (i > 3)) for i in (0, 1, 2, 3, 4, 5, 9, 10)],
        "r3": [made.token(i, run="r3", story="s2") for i in range(5)],
    }
    for tokens in written.values():
        for token in tokens:
            store.commit([token])
    before = opened(store).tokens
    store.commit([SnapshotRecord("s1", 1, b"", ())])
    assert opened(store).tokens == before
    assert {run: store.token_details(run, 0, 600) for run in written} == written
    assert store.token_details("r1", 255, 258) == written["r1"][255:258]
    with contextlib.closing(sqlite3.connect(path)) as db:
        query = "SELECT id, first, num_tokens FROM token_blocks JOIN runs ON runs.key = run ORDER BY 1, 2"
        blocks = db.execute(query).fetchall()
    assert blocks == [
        ("r1", 0, 256),
        ("r1", 256, 256),
        ("r1", 512, 88),
        ("r2", 0, 4),
        ("r2", 4, 2),
        ("r2", 9, 2),
        *(("r3", first, 1) for first in range(5)),
    ]
    store.commit([made.token(600, id=7)])
    store.commit([SnapshotRecord("s1", 2, b"", ())])
    assert store.token_details("r1", 599, 601) == [written["r1"][599], made.token(600, id=7)]


def test_a_token_with_ten_alternatives_takes_at_most_120_bytes_on_disk(
    store: Store, path: Path
) -> None:
    store.commit([made.story(), made.run()])

    def write(start: int, stop: int) -> None:
        for index in range(start, stop):
            ids = [(index * 37 + place * 4_001) % 49_000 for place in range(10)]
            alternatives = tuple((id_, f" word{id_}", -place / 3) for place, id_ in enumerate(ids))
            store.commit(
                [made.token(index, id=ids[0], text=f" word{ids[0]}", alternatives=alternatives)]
            )

    write(0, 500)
    before = _bytes_of_blocks(path)
    write(500, 2_500)
    assert (_bytes_of_blocks(path) - before) / 2_000 <= 120


def _bytes_of_blocks(path: Path) -> int:
    """What the token blocks take: the pages that a copy of the database gains by dropping them."""
    with (
        contextlib.closing(sqlite3.connect(path)) as db,
        contextlib.closing(sqlite3.connect("")) as copy,
    ):
        db.backup(copy)
        copy.execute("DROP TABLE token_blocks")
        copy.commit()
        pages, page_bytes = (
            copy.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size")
        )
        return int(pages * page_bytes)


# ---------------------------------------------------------------- checkpoints


def test_checkpoints_list_in_order_with_what_stood_last(store: Store) -> None:
    store.commit([made.story(), made.checkpoint("c1", "", kind="created", run=None)])
    store.commit([made.checkpoint("c2", "One two\n  three 四", "c1", label="a label", time=7.0)])
    first, second = store.checkpoints("s1")
    assert (first.checkpoint, first.parent, first.kind, first.num_words) == (
        "c1",
        None,
        "created",
        0,
    )
    assert second == CheckpointHead(
        "c2", "s1", "c1", "run_paused", 7.0, "r1", "a label", 4, "One two three 四"
    )


lines = st.sampled_from(
    ["Once upon a time.\n", "\n", "物語 👩‍👩‍👧\n", "e\u0301", "The end. " * 20, "\x00"]
)
texts = st.lists(lines, max_size=12).map("".join)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.tuples(st.integers(0, 99), texts, st.integers(1, 4)), min_size=1, max_size=30))
def test_every_checkpoint_of_any_tree_reads_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, tree: list[tuple[int, str, int]]
) -> None:
    store = Store(file_url(tmp_path_factory.mktemp("tree") / "stories.db"))
    store.commit([made.story()])
    written: list[CheckpointRecord] = []
    for number, (chosen, text, client) in enumerate(tree):
        parent = written[chosen % len(written)].checkpoint if written else None
        authors = (Author(len(text), client, number), Author(1, 2**53 - 1, 5))
        written.append(made.checkpoint(f"c{number}", text, parent, authors=authors))
        store.commit([written[-1]])
    read = [store.checkpoint(record.checkpoint) for record in written]
    store.close()
    assert read == written


def test_a_long_line_of_checkpoints_stays_small_and_reads_back(store: Store, path: Path) -> None:
    store.commit([made.story()])
    text, parent = "A sentence that stands at the beginning. " * 500, None
    written = []
    for number in range(100):
        text += f"And sentence {number} came after it.\n"
        written.append(made.checkpoint(f"c{number}", text, parent))
        store.commit([written[-1]])
        parent = f"c{number}"
    assert [store.checkpoint(record.checkpoint) for record in written] == written
    with contextlib.closing(sqlite3.connect(path)) as db:
        [(num_bytes, deepest)] = db.execute("SELECT sum(length(data)), max(depth) FROM checkpoints")
    assert num_bytes < len(text) * 2
    assert 0 < deepest <= 20
