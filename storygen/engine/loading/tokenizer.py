"""The tokenizer of a model's folder, always a fast one, and the prompt format that follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, LlamaTokenizer

from ...errors import ModelError
from ...modelfiles import first_line, has_tokenizer, read_json
from .folder import LOAD_ERRORS

_LLAMA_KINDS = ("llama", "mistral", "mixtral")
_NAMED = ("raw", "wp", "chat")


def load_tokenizer(folder: Path) -> Any:
    """The fast tokenizer of `folder`; old vocabularies are converted in memory.

    Raises: ModelError when there is none, it is broken, or it exists only as code in the folder.
    """
    if not has_tokenizer(folder):
        raise ModelError(
            f"There is no tokenizer in {folder.name}.",
            mend="Copy tokenizer.json (or vocab.json and merges.txt) from the model that this one "
            "was made from.",
        )
    for name in ("tokenizer_config.json", "tokenizer.json"):
        if (folder / name).is_file():
            read_json(folder / name)
    try:
        tokenizer = _read(folder)
    except LOAD_ERRORS as error:
        raise _broken(folder, first_line(error)) from error
    except Exception as error:
        if (
            type(error) is not Exception
        ):  # the tokenizers library raises bare Exceptions, nothing else
            raise
        raise _broken(folder, first_line(error)) from error
    if not tokenizer.is_fast or not len(tokenizer):
        raise _broken(folder, "it has no fast form")
    return tokenizer


def _read(folder: Path) -> Any:
    """What transformers makes of the folder, which it does not always recognise."""
    given = [(folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")]
    if not any(given) and (folder / "tokenizer.model").is_file() and _is_llama(folder):
        # nothing says so, but every Llama of that age began its texts with <s>
        return LlamaTokenizer.from_pretrained(folder, local_files_only=True, add_bos_token=True)
    return AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_fast=True
    )


def _is_llama(folder: Path) -> bool:
    path = folder / "config.json"
    return path.is_file() and read_json(path).get("model_type") in _LLAMA_KINDS


def resolve_format(asked: str, tokenizer: Any) -> tuple[str, tuple[str, ...]]:
    """The prompt format to use ("raw", "wp", "chat" or a template) and remarks.

    Raises: ModelError when the format asked for cannot work with this tokenizer.
    """
    if asked == "auto":
        if not tokenizer.chat_template:
            return "raw", ()
        problem = _template_problem(tokenizer)
        return (
            ("raw", (f"The chat template does not work: {problem}",)) if problem else ("chat", ())
        )
    if asked == "chat":
        problem = _template_problem(tokenizer) if tokenizer.chat_template else "there is none"
        if problem:
            raise ModelError(
                f'The format "chat" needs a chat template: {problem}.',
                mend='Use "raw" in config.js, or copy chat_template.jinja into the model\'s folder.',
            )
    elif asked not in _NAMED and "{story}" not in asked:
        raise ModelError(
            f'The format "{asked[:60]}" is none of {", ".join(_NAMED)} and has no {{story}} in it.',
            mend="Write one of these words in config.js, or a template with {story} and {prompt}.",
        )
    return asked, ()


def _template_problem(tokenizer: Any) -> str:
    """Why the chat template can't hold an unfinished story; empty if it can."""
    from jinja2.exceptions import TemplateError

    mark = "The lighthouse was dark"
    talk = [{"role": "user", "content": "Write."}, {"role": "assistant", "content": mark}]
    try:
        text = tokenizer.apply_chat_template(talk, tokenize=False, continue_final_message=True)
    except (TemplateError, *LOAD_ERRORS) as error:
        return first_line(error)
    return "" if isinstance(text, str) and text.endswith(mark) else "it does not end with the story"


def _broken(folder: Path, reason: str) -> ModelError:
    return ModelError(
        f"The tokenizer of {folder.name} cannot be loaded: {reason}",
        mend="Copy tokenizer.json and tokenizer_config.json from the original model again.",
    )
