"""What each layer would have said: its output, put through the model's own last norm and head.

Source: nostalgebraist 2020, "interpreting GPT: the logit lens". Which module is the last norm is found by
trying: the one whose output, through the head, is what the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..jobs import Job
from ..models.base import CannotError, Likely, Model
from .place import Place, last_pass, place_after

if TYPE_CHECKING:
    from torch import Tensor

SENTENCE = (
    "What the model would say next if it stopped after each layer. The last layer is what it really says. "
    "Early layers were never trained to speak, so that their words may mean little; where the final word "
    "appears tells how late it was decided."
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a layer says after one token: its likeliest next ones, and how unsure it is (nats)."""

    top: tuple[Likely, ...]
    entropy: float
    chosen: float | None = None
    """The logarithm of the probability that it gives the token which was asked for."""


@dataclass(frozen=True, slots=True)
class Lens:
    """`opinions[layer][column]`, the first layer's first; `tokens`: the token after which each column is."""

    tokens: tuple[str, ...]
    layers: tuple[str, ...]
    opinions: tuple[tuple[Opinion, ...], ...]
    sentence: str = SENTENCE


def logit_lens(
    model: Model,
    text: str,
    then: Sequence[int] = (),
    *,
    num_tokens: int = 8,
    num_top: int = 5,
    chosen: int | None = None,
    job: Job | None = None,
) -> Lens:
    """Each layer's opinion after each of the last `num_tokens` of `text` and `then`.

    `chosen`: a token whose probability is told, too. Raises: CannotError where a model's layers can't be
    heard this way; CancelledError.
    """
    job = job or Job()
    place = place_after(model, text, then, job)
    raw, num_tokens = place.reading.raw, min(num_tokens, len(place.ids))
    heard = _Heard([], [])
    out = last_pass(place, num_tokens, job, _hearing(heard, raw, num_tokens))
    if not heard.states:
        raise CannotError(f"{model.name} has no layers that can be told apart.")
    states, speak = _speaker(model.name, place, heard, out.logits[:, -num_tokens:])
    names, opinions = [], []
    for number, state in enumerate(states):
        job.progress(number, len(states))
        names.append("input" if number == 0 else f"layer {number}")
        opinions.append(_opinions(place, speak, state, num_top, chosen))
    return Lens(place.shown[len(place.shown) - num_tokens :], tuple(names), tuple(opinions))


def _speaker(
    name: str, place: Place, heard: _Heard, logits: Tensor
) -> tuple[list[Tensor], Callable[[Tensor], Tensor]]:
    """The output of each layer, that of the embedding first, and what makes logits of one.

    Raises: CannotError.
    """
    import torch

    head = place.reading.raw.get_output_embeddings()
    after = _after_head(place.reading.raw.config.get_text_config())
    for norm, before, normed in reversed(heard.norms):
        if head is None or normed.shape[:2] != logits.shape[:2]:
            continue
        try:
            with place.reading.at_work(), torch.inference_mode():
                said = after(head(normed))
        except RuntimeError:  # of another width
            continue
        if _alike(said, logits):
            return [*heard.states, before], lambda state, norm=norm: after(head(norm(state)))
    raise CannotError(
        f"It is not known how the layers of {name} become words: "
        "no norm and head of it give what it says itself."
    )


def _opinions(
    place: Place,
    speak: Callable[[Tensor], Tensor],
    state: Tensor,
    num_top: int,
    chosen: int | None,
) -> tuple[Opinion, ...]:
    import torch

    from ...engine.sampling.cuts import entropy_of

    with place.reading.at_work(), torch.inference_mode():
        logprobs = speak(state)[0].float().log_softmax(-1)  # (num_tokens, vocab)
    top = logprobs.topk(min(num_top, logprobs.shape[-1]))
    entropies = entropy_of(logprobs.exp()).tolist()
    own = None if chosen is None else logprobs[:, chosen].tolist()
    shown = place.reading.writing.bytes.shown
    return tuple(
        Opinion(
            tuple(Likely(i, shown(i), p) for i, p in zip(ids, values, strict=True)),
            entropies[row],
            None if own is None else own[row],
        )
        for row, (ids, values) in enumerate(
            zip(top.indices.tolist(), top.values.tolist(), strict=True)
        )
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """`norms`: (norm, its input, its output) of each outside the layers; `states`: each layer's input."""

    norms: list[tuple[Any, Tensor, Tensor]]
    states: list[Tensor]


@contextmanager
def _hearing(heard: _Heard, raw: Any, num_tokens: int) -> Iterator[None]:
    """Hear the last `num_tokens` of the pass that is made in the block."""

    def after_norm(norm: Any, given: tuple[Any, ...], out: Any) -> None:
        heard.norms.append((norm, *(one[:, -num_tokens:].clone() for one in (given[0], out))))

    def before_layer(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        state = given[0] if given else named["hidden_states"]
        heard.states.append(state[:, -num_tokens:].clone())

    hooks = [norm.register_forward_hook(after_norm) for norm in _outer_norms(raw)]
    layers = max(_outer_lists(raw), key=len, default=())
    hooks += [x.register_forward_pre_hook(before_layer, with_kwargs=True) for x in layers]
    try:
        yield
    finally:
        for one in hooks:
            one.remove()


def _outer_lists(module: Any) -> Iterator[Any]:
    from torch import nn

    for child in module.children():
        if isinstance(child, nn.ModuleList):
            yield child
        else:
            yield from _outer_lists(child)


def _outer_norms(module: Any) -> Iterator[Any]:
    from torch import nn

    for child in module.children():
        if isinstance(child, nn.ModuleList):
            continue
        if "norm" in type(child).__name__.lower():
            yield child
        yield from _outer_norms(child)


def _after_head(config: Any) -> Callable[[Tensor], Tensor]:
    """What some models do to the logits behind their head."""
    scale = getattr(config, "logit_scale", None) or 1.0
    scale /= getattr(config, "logits_scaling", None) or 1.0
    cap = getattr(config, "final_logit_softcapping", None)

    def after(logits: Tensor) -> Tensor:
        logits = logits * scale
        return (logits / cap).tanh() * cap if cap else logits

    return after


def _alike(found: Tensor, expected: Tensor) -> bool:
    if found.shape != expected.shape:
        return False
    most = 2e-2 * float(expected.float().std())
    return bool((found.float() - expected.float()).abs().max() <= most)
