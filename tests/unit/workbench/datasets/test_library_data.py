"""The library's stories and choices as datasets, read while the server's own connection writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chosen_story import fill

from storygen.link.messages import TokenWritten
from storygen.store.database import StoreError
from storygen.store.reader import OpenReader
from storygen.store.records import RunRecord, StoredStory, StoryRecord
from storygen.store.store import Store, file_url
from storygen.story.page import Page
from storygen.workbench.datasets.library import library_choices, library_stories
from storygen.workbench.datasets.split import BrokenSample

CLIENT = 4_294_000_001


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "storygen.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    store = Store(file_url(database))
    yield store
    store.close()


def write(store: Store, story: str, created: float) -> None:
    """A story of which a person wrote the half, and a model the other half with a wide character."""
    record = StoryRecord(story, f"About {story}", created, created + 60, document=story)
    stored = StoredStory(record, None, (), (), (), (), (), None)
    page = Page(stored, CLIENT, lambda: "id")
    page.put_in(0, "Once 🐋 there", (), "create", created)
    event = TokenWritten("r-" + story, 0, 7, " lived a 🐋 here", -0.5, (), 1.0, 0, 1, 9)
    page.token(event, len(page.document.text), created)
    run = RunRecord(
        "r-" + story, story, "ended", "stopped", "", "m", "Model", "continue", "", {}, 1, 1, None,
        created, created, None,
    )  # fmt: skip
    store.commit([record, run, *page.take_effects().records])


def test_a_story_is_a_sample_with_who_wrote_it(store: Store, database: Path) -> None:
    write(store, "s2", 200.0)
    write(store, "s1", 100.0)
    dataset = library_stories(database)
    split = dataset.splits["stories"]
    assert [sample["story"] for sample in split] == ["s1", "s2"]
    sample = split[0]
    assert sample["text"] == "Once 🐋 there lived a 🐋 here"
    assert sample["parts"] == [
        {"by": "a person", "text": "Once 🐋 there"},
        {"by": "Model", "text": " lived a 🐋 here"},
    ]
    assert sample["human_share"] == pytest.approx(13 / 29)
    assert sample["models"] == {"Model": pytest.approx(16 / 29)}
    assert (sample["num_words"], sample["num_tokens"]) == (7, 1)
    assert sample["created"] == "1970-01-01T00:01:40+00:00"
    assert set(sample) == set(split.columns)


def test_opening_again_shows_what_was_written_meanwhile(store: Store, database: Path) -> None:
    write(store, "s1", 100.0)
    first = library_stories(database)
    write(store, "s2", 200.0)
    again = library_stories(database)
    assert [len(one.splits["stories"]) for one in (first, again)] == [1, 2]


def test_a_story_that_was_deleted_is_told(store: Store, database: Path) -> None:
    write(store, "s1", 100.0)
    dataset = library_stories(database)
    store.commit([StoryRecord("s1", "", 100.0, 200.0, binned=300.0)])
    store.delete_story("s1")
    assert isinstance(dataset.splits["stories"][0], BrokenSample)


def test_a_choice_is_a_sample_with_its_candidates(store: Store, database: Path) -> None:
    fill(store, "one", shared=True)
    fill(store, "two", shared=False)
    dataset = library_choices(database)
    split = dataset.splits["choices"]
    assert [sample["story"] for sample in split] == ["one", "two"]
    sample = split[1]
    assert (sample["before"], sample["chosen"], sample["rejected"]) == ("Once", " word", [" word"])
    assert sample["taken"] == pytest.approx(3 / 5)
    assert [(one["taken"], one["params"]) for one in sample["candidates"]] == [
        (0.0, {"temperature": 0.5}),
        (pytest.approx(3 / 5), {"temperature": 1.5}),
    ]
    assert sample["candidates"][0]["mean_logprob"] == -0.5
    assert (sample["by"], sample["policy"], sample["seconds"]) == ("a person", "random", 2.0)
    assert set(sample) == set(split.columns)


def test_reading_changes_nothing_and_needs_what_is_there(store: Store, database: Path) -> None:
    write(store, "s1", 100.0)
    reader = OpenReader(file_url(database))
    with pytest.raises(Exception, match="readonly"):
        reader._reading._connection.exec_driver_sql("DELETE FROM stories")
    reader.close()
    with pytest.raises(StoreError, match="no stories"):
        library_stories(database.with_name("other.db"))
    assert not database.with_name("other.db").exists()


def test_a_database_of_an_older_program_is_not_brought_up_to_date(
    store: Store, database: Path
) -> None:
    for revision, words in (("0003", "older"), ("9999", "newer")):
        with store._writer.begin():
            store._writer.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        with pytest.raises(StoreError, match=words):
            library_stories(database)
