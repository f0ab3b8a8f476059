"""What stands before the story in each format, and how it is read with the story."""

from __future__ import annotations

import pytest

from storygen.engine.context.prompt_format import (
    CONTINUE_REQUEST,
    MEMORY_REQUEST,
    PROMPT_REQUEST,
    Head,
    Part,
    make_head,
)
from tests.tiny_engine import generation, start, tiny_worker, tiny_writing, write
from tests.tiny_models import WINDOW


def head(form: str, prompt: str = "", memory: str = "") -> tuple[str, str]:
    """The text before the story, with `memory` in its place, and the lead."""
    made = make_head(
        form,
        mode="prompt" if prompt else "continue",
        prompt=prompt,
        remembers=bool(memory),
        chat=lambda message: f"<user>{message}</user><assistant>\n",
    )
    return filled(made, memory), made.lead


def filled(made: Head, memory: str) -> str:
    (put,) = made.things([memory]) if memory else ("",)
    return "".join(put if part == Part("memory") else part.text for part in made.parts)


@pytest.mark.parametrize(
    ("form", "prompt", "memory", "expected"),
    [
        ("raw", "", "", ("", "")),
        ("raw", "", "Ann is tall.", ("Ann is tall.\n", "")),
        ("raw", "A cat.", "Old.\n", ("Old.\nA cat.\n\n", "")),
        ("wp", "A cat.", "", ("<|endoftext|>[WP] A cat. [RESPONSE]", " ")),
        ("wp", "", "", ("", "")),
        ("Q: {prompt}\nA: {story} end", "A {story} cat.", "", ("Q: A {story} cat.\nA:", " ")),
        ("{memory}|{prompt}|{story}", "p", "m {prompt}", ("m {prompt}|p|", "")),
        ("Tell:\n{story}", "", "m", ("m\nTell:\n", "")),
    ],
)
def test_the_head_of_each_format(
    form: str, prompt: str, memory: str, expected: tuple[str, str]
) -> None:
    assert head(form, prompt, memory) == expected


def test_the_chat_asks_for_a_story_and_leaves_the_assistants_turn_open() -> None:
    asked = head("chat", "A cat.", "Ann is tall.")[0]
    assert asked.startswith("<user>") and asked.endswith("<assistant>\n")
    assert "A cat." in asked and "Ann is tall." in asked
    assert "A cat." not in filled(
        make_head("chat", mode="continue", prompt="A cat.", remembers=False, chat=str), ""
    )


@pytest.mark.parametrize("trims", [False, True])
@pytest.mark.parametrize("prompt", ["", "A cat.", "A cat. "])
def test_a_chat_template_gives_the_same_text_as_if_the_memory_had_been_in_its_message(
    trims: bool, prompt: str
) -> None:
    def chat(message: str) -> str:
        return f"<user>{message.strip() if trims else message}</user><assistant>\n"

    mode = "prompt" if prompt else "continue"
    made = make_head("chat", mode=mode, prompt=prompt, remembers=True, chat=chat)
    request = PROMPT_REQUEST.format(prompt=prompt) if prompt else CONTINUE_REQUEST
    expected = chat(f"{request}\n\n{MEMORY_REQUEST}Ann is tall.\nBob is not.")
    things = made.things(["Ann is tall.", "Bob is not.\n"])
    whole = ["".join(things) if part.origin == "memory" else part.text for part in made.parts]
    assert "".join(whole) == expected
    assert [part.text for part in made.parts if part.origin == "prompt"] == [prompt][: len(prompt)]


def test_a_chat_template_that_changes_the_message_has_the_memory_before_it() -> None:
    made = make_head(
        "chat", mode="continue", prompt="", remembers=True, chat=lambda message: message.upper()
    )
    assert filled(made, "Ann is tall.") == "Ann is tall.\n" + CONTINUE_REQUEST.upper()


def test_a_chat_model_reads_the_story_as_its_own_unfinished_turn() -> None:
    worker = tiny_worker("gpt2", chat=True, form="chat", window=400)
    worker.send(start("Once upon a ti", mode="prompt", prompt="A cat."))
    write(worker, 5)
    run = generation(worker)
    tokenizer = tiny_writing("gpt2", chat=True, form="chat", window=400)._tokenizer
    read = tokenizer.decode(run._context.wanted().tolist())
    assert read.startswith("<|im_start|>user\n")
    assert "<|im_end|>\n<|im_start|>assistant\nOnce upon a ti" in read


def test_the_space_of_a_prompt_format_belongs_to_the_storys_first_word() -> None:
    worker = tiny_worker("gpt2", form="wp", window=400)
    worker.send(start("Once upon", mode="prompt", prompt="A cat."))
    ids = generation(worker)._context.text.ids
    assert worker.core._writing is not None
    assert worker.core._writing.bytes.of(ids[0]).startswith(b" ")
    assert generation(worker).text == "Once upon"


def test_an_answer_to_a_prompt_begins_without_that_space() -> None:
    worker = tiny_worker("gpt2", form="wp", window=400)
    worker.send(start("", mode="prompt", prompt="A cat."))
    written = write(worker, 4)
    run = generation(worker)
    assert run.text == "".join(token.text for token in written)
    assert run._context.text.data.startswith(b" ")


@pytest.mark.parametrize("kind", ["gpt2", "llama", "mamba"])
def test_an_empty_story_without_a_prompt_is_begun(kind: str) -> None:
    worker = tiny_worker(kind)
    worker.send(start(""))
    written = write(worker, 20)
    assert generation(worker).text == "".join(token.text for token in written)


def test_a_prompt_longer_than_the_window_leaves_room_for_the_story() -> None:
    worker = tiny_worker("gpt2", form="wp")
    worker.send(start("Once upon", mode="prompt", prompt="A cat and a dog. " * 200))
    assert all(token.used <= WINDOW for token in write(worker, 60))
    read = generation(worker)._writing.bytes.join(generation(worker)._context.wanted().tolist())
    assert b"[RESPONSE]" in read
