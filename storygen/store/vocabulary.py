"""The texts of models' tokens, kept once per model so that tokens need not carry them.

The first text seen for an id stays; a token whose text differs (half a character, the rest of a word)
carries its own. So a model whose files change under the same name still reads back exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import Connection, select

from .records import TokenRecord
from .tables import models, vocabulary
from .upserts import insert_if_new

MAX_IDS_IN_A_QUERY = 500
MAX_TEXT_CHARACTERS = 100  # longer ones, of a remote engine, stay with their tokens


class Vocabulary:
    """The writer's view: what is stored, remembered so that a known text costs no query."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}
        self._texts: dict[int, dict[int, str]] = {}

    def forget(self) -> None:
        """Drops what is remembered, some of which may not have been stored after all."""
        self._keys.clear()
        self._texts.clear()

    def texts(
        self, connection: Connection, model: str, tokens: Collection[TokenRecord]
    ) -> Mapping[int, str]:
        """Texts by id, after storing those that `tokens` of `model` bring along for the first time."""
        key = self._key(connection, model)
        if key not in self._texts:
            self._texts[key] = _read_all(connection, key)
        known = self._texts[key]
        new = {id_: text for id_, text in _texts_in(tokens) if id_ not in known}
        if new:
            known.update(new)
            if _store(connection, key, new) != len(new):
                # Another server on the same database was first: what stands there counts.
                known.update(read_texts(connection, key, new))
        return known

    def _key(self, connection: Connection, model: str) -> int:
        if model not in self._keys:
            connection.execute(insert_if_new(connection, models), {"id": model})
            query = select(models.c.key).where(models.c.id == model)
            self._keys[model] = connection.execute(query).scalar_one()
        return self._keys[model]


def read_texts(connection: Connection, model: int, ids: Iterable[int]) -> dict[int, str]:
    """Those of `ids` that the vocabulary of `model` (a key) has."""
    found: dict[int, str] = {}
    for some in _parts(sorted(ids)):
        query = select(vocabulary.c.id, vocabulary.c.text).where(
            vocabulary.c.model == model, vocabulary.c.id.in_(some)
        )
        found.update((row.id, row.text) for row in connection.execute(query))
    return found


def _read_all(connection: Connection, model: int) -> dict[int, str]:
    query = select(vocabulary.c.id, vocabulary.c.text).where(vocabulary.c.model == model)
    return {row.id: row.text for row in connection.execute(query)}


def _store(connection: Connection, model: int, texts: Mapping[int, str]) -> int:
    """How many of the texts were not there before."""
    rows = [{"model": model, "id": id_, "text": text} for id_, text in texts.items()]
    return connection.execute(insert_if_new(connection, vocabulary), rows).rowcount


def _texts_in(tokens: Collection[TokenRecord]) -> Iterator[tuple[int, str]]:
    """Alternatives last, so that they win: theirs is a token's whole text, a written one may be a part."""
    for token in tokens:
        yield from _if_kept(token.id, token.text)
    for token in tokens:
        for id_, text, _ in token.alternatives:
            yield from _if_kept(id_, text)


def _if_kept(id_: int, text: str) -> Iterator[tuple[int, str]]:
    if id_ >= 0 and 0 < len(text) <= MAX_TEXT_CHARACTERS:
        yield id_, text


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), MAX_IDS_IN_A_QUERY):
        yield ids[start : start + MAX_IDS_IN_A_QUERY]
