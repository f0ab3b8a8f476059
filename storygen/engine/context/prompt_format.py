"""What stands before the story in the model's context: memory, writing prompt and a format's own words.

raw       the memory, then the story
wp        `<|endoftext|>[WP] <prompt> [RESPONSE] `, then the story
chat      the tokenizer's chat template: a request as the user's turn, the story as the assistant's
template  the user's own, with {prompt}, {story} and perhaps {memory}; what follows {story} is not used

The memory itself is not put in here: a part of the origin "memory" says where it stands, so that what it
holds can come and go, and be told from the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

FORMATS = ("raw", "wp", "chat")

PROMPT_REQUEST = "Write a short story based on this prompt: {prompt}"
CONTINUE_REQUEST = "Write a short story."
MEMORY_REQUEST = "Keep this in mind while you write:\n"

ChatTemplate = Callable[[str], str]
"""A user's message → everything up to where the assistant's turn begins."""

_MARK = "\ue000memory\ue000"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the head. `origin`: "format" | "prompt" | "memory"; the last has no text of its own."""

    origin: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The parts before the story; `lead` is its last spaces, which are tokenised with the story.

    `closed`: each thing that is remembered ends with a line break; else there is one between two of them.
    """

    parts: tuple[Part, ...]
    lead: str = ""
    closed: bool = True

    def things(self, texts: list[str]) -> list[str]:
        """What is remembered, as it is put where the memory stands; together it is the memory's text."""
        if self.closed:
            return [text if text.endswith("\n") else text + "\n" for text in texts]
        stripped = [text.strip() for text in texts]
        return [text if number == 0 else "\n" + text for number, text in enumerate(stripped)]


def make_head(name: str, *, mode: str, prompt: str, remembers: bool, chat: ChatTemplate) -> Head:
    """The head for a format (a name of `FORMATS`, or a template).

    `mode` "prompt": `prompt` is what the story answers; in mode "continue" it is left out. `remembers`: there
    is something to be put where the memory stands.
    """
    prompt = prompt if mode == "prompt" else ""
    if name == "chat":
        return _chat_head(prompt, remembers, chat)
    if name == "raw":
        return _head([Part("memory"), Part("prompt", _paragraph(prompt))])
    if name == "wp":
        if not prompt:
            return _head([Part("memory")])
        begins, asks, answers = "<|endoftext|>", "[WP] ", " [RESPONSE] "
        parts = [Part("format", begins), Part("memory"), Part("format", asks)]
        return _head([*parts, Part("prompt", prompt), Part("format", answers)])
    return _template_head(name, prompt)


def _chat_head(prompt: str, remembers: bool, chat: ChatTemplate) -> Head:
    request = PROMPT_REQUEST.format(prompt=prompt) if prompt.strip() else CONTINUE_REQUEST
    if not remembers:
        return _head(_around_prompt(chat(request), prompt), closed=False)
    asked = chat(f"{request}\n\n{MEMORY_REQUEST}{_MARK}").split(_MARK)
    if len(asked) != 2:  # a template that does not show the message as it is
        return _head([Part("memory"), Part("format", chat(request))])
    before = _around_prompt(asked[0], prompt)
    return _head([*before, Part("memory"), Part("format", asked[1])], closed=False)


def _around_prompt(text: str, prompt: str) -> list[Part]:
    """A rendered template, taken apart where the prompt stands in it."""
    if not prompt.strip() or text.count(prompt) != 1:
        return [Part("format", text)]
    before, after = text.split(prompt)
    return [Part("format", before), Part("prompt", prompt), Part("format", after)]


def _template_head(template: str, prompt: str) -> Head:
    head = template.split("{story}", 1)[0]
    names_memory = "{memory}" in head
    # One pass, so that braces in the writer's own words stay what they are.
    pieces = head.replace("{memory}", "\0memory\0").replace("{prompt}", "\0prompt\0").split("\0")
    parts = [] if names_memory else [Part("memory")]
    for piece in pieces:
        if piece == "memory":
            parts.append(Part("memory"))
        else:
            parts.append(Part("prompt", prompt) if piece == "prompt" else Part("format", piece))
    return _head(parts, closed=not names_memory)


def _paragraph(prompt: str) -> str:
    return prompt if not prompt or prompt.endswith("\n") else prompt + "\n\n"


def _head(parts: list[Part], *, closed: bool = True) -> Head:
    """Only the first "memory" counts; spaces at the very end are the lead."""
    kept: list[Part] = []
    for part in parts:
        if part.text or (part.origin == "memory" and part not in kept):
            kept.append(part)
    lead = ""
    while kept and kept[-1].text.endswith(" "):
        stripped = kept[-1].text.rstrip(" ")
        lead = kept[-1].text[len(stripped) :] + lead
        kept[-1:] = [replace(kept[-1], text=stripped)] if stripped else []
    return Head(tuple(kept), lead, closed)
