"""What stands before the story in the model's context: memory, writing prompt and a format's own words.

raw       the memory, then the story
wp        `<|endoftext|>[WP] <prompt> [RESPONSE] `, then the story
chat      the tokenizer's chat template: a request as the user's turn, the story as the assistant's
template  the user's own, with {prompt}, {story} and perhaps {memory}; what follows {story} is not used
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FORMATS = ("raw", "wp", "chat")

PROMPT_REQUEST = "Write a short story based on this prompt: {prompt}"
CONTINUE_REQUEST = "Write a short story."
MEMORY_REQUEST = "Keep this in mind while you write:\n{memory}"

ChatTemplate = Callable[[str], str]
"""A user's message → everything up to where the assistant's turn begins."""


@dataclass(frozen=True, slots=True)
class Head:
    """The text before the story; `lead` is its last spaces, which are tokenised with the story."""

    text: str
    lead: str


def make_head(name: str, *, mode: str, prompt: str, memory: str, chat: ChatTemplate) -> Head:
    """The head for a format (a name of `FORMATS`, or a template).

    `mode` "prompt": `prompt` is what the story answers; in mode "continue" it is left out.
    """
    prompt = prompt if mode == "prompt" else ""
    if name == "chat":
        return _split(chat(_request(prompt, memory)))
    before = memory if not memory or memory.endswith("\n") else memory + "\n"
    if name == "raw":
        return _split(before + _paragraph(prompt))
    if name == "wp":
        if not prompt:
            return _split(before)
        return _split(f"<|endoftext|>{before}[WP] {prompt} [RESPONSE] ")
    return _split(_fill(name, prompt, memory, before))


def _request(prompt: str, memory: str) -> str:
    request = PROMPT_REQUEST.format(prompt=prompt) if prompt.strip() else CONTINUE_REQUEST
    return f"{request}\n\n{MEMORY_REQUEST.format(memory=memory)}" if memory.strip() else request


def _fill(template: str, prompt: str, memory: str, before: str) -> str:
    head = template.split("{story}", 1)[0]
    if "{memory}" not in head:
        head = before + head
    # One pass, so that braces in the writer's own words stay what they are.
    parts = head.replace("{memory}", "\0memory\0").replace("{prompt}", "\0prompt\0").split("\0")
    return "".join({"memory": memory, "prompt": prompt}.get(part, part) for part in parts)


def _paragraph(prompt: str) -> str:
    return prompt if not prompt or prompt.endswith("\n") else prompt + "\n\n"


def _split(text: str) -> Head:
    stripped = text.rstrip(" ")
    return Head(stripped, text[len(stripped) :])
