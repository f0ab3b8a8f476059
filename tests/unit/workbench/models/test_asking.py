"""What a model is given for a text: as it stands, in its template, or as turns to a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storygen.workbench.models.asking import can_write, prompt_for, score, write
from storygen.workbench.models.base import Ability, CannotError, Generated, ScoredToken, Turn
from tests.unit.workbench.pages.writing_models import ChatModel, WordModel


class Server(ChatModel):
    """Only chats, by a template that it does not tell."""

    abilities = frozenset({Ability.CHAT, Ability.SCORE})
    tells_chat_text = False

    def chat(self, turns: Any, params: Any, *, seed: int = 0, **more: Any) -> Generated:
        token = ScoredToken(None, f"{turns[-1].text} {seed}")
        more["on_token"](0, token)
        return Generated(token.text, (token,), "end", seed)


def test_a_question_is_written_in_the_template_and_other_text_is_not() -> None:
    asked = prompt_for(ChatModel(), "Why?\n\n", question=True)
    assert (asked.text, asked.turns, asked.note) == ("<user>Why?<assistant>", (), "")
    assert prompt_for(ChatModel(), "Why?\n\n").text == "Why?\n\n"
    talk = prompt_for(ChatModel(), "…", turns=[Turn("system", "Be kind."), Turn("user", "Why?")])
    assert talk.text == "<system>Be kind.<user>Why?<assistant>"


def test_without_a_template_the_text_stands_and_that_is_said() -> None:
    plain = prompt_for(WordModel(), "Why?", question=True)
    assert plain.text == "Why?" and "no chat template" in plain.note

    class Refuses(ChatModel):
        def chat_text(self, turns: Sequence[Turn]) -> str:
            raise CannotError("Not these.")

    refused = prompt_for(Refuses(), "Why?", question=True)
    assert refused.text == "Why?" and refused.note.startswith("Not these.")


def test_a_server_with_a_template_of_its_own_answers_the_turns() -> None:
    heard: list[tuple[int, str]] = []
    asked = prompt_for(Server(), "Why?", question=True)
    written = write(Server(), asked, {}, seeds=[4, 5],
                    on_token=lambda row, token: heard.append((row, token.text)))  # fmt: skip
    assert [one.text for one in written] == ["Why? 4", "Why? 5"]
    assert sorted(heard) == [(0, "Why? 4"), (1, "Why? 5")]
    assert can_write(Server(), question=True) and not can_write(Server(), question=False)
    with pytest.raises(CannotError, match="does not tell the text"):
        score(Server(), asked, "So.")
    exact = prompt_for(Server(), "Why?", question=True, exact=True)
    assert exact.text == "Why?" and "does not tell its template" in exact.note
    assert score(Server(), exact, "So.")
