"""What a model reads at a place, told piece by piece, and what reading it would cost now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..link.messages import ContextPiece, ContextShown, ShowContext
from .cache_plan import Ids
from .context.run_context import RunContext
from .generation import Generation
from .sampling.parameters import response_tokens

if TYPE_CHECKING:
    from .scheduler import Scheduler
    from .writing_model import WritingModel


def show_context(
    writing: WritingModel, scheduler: Scheduler, request: ShowContext, run: Generation | None
) -> ContextShown:
    """The answer to `request`; `run` is the one that it names, if that is here.

    Raises: BadRequestError when a parameter is wrong.
    """
    if run is None:
        context = RunContext(writing, request, response=response_tokens(request.params))
    else:
        context = run.context_with(request.memory)
    wanted = context.wanted()
    ready = scheduler.num_ready(wanted) if run is None else run.num_ready(wanted)
    reread = max(0, len(wanted) - 1 - ready)
    arranged, around = context.arranged, context.around
    return ContextShown(
        request.request,
        window=writing.window,
        reserve=around.reserve,
        used=len(wanted),
        pieces=tuple(_pieces(writing, context, wanted)),
        cut_memory=around.num_memory_cut,
        cut_story=context.window.start,
        cut_lore=arranged.admitted.cut,
        active=arranged.admitted.keys,
        wrong=tuple(around.book.wrong),
        reread_tokens=reread,
        reread_s=scheduler.read_speed.seconds(reread),
    )


def _pieces(writing: WritingModel, context: RunContext, wanted: Ids) -> list[ContextPiece]:
    arranged, at = context.arranged, context.window.start
    pieces = [ContextPiece(p.origin, p.entry, p.text, len(p.ids)) for p in arranged.head]
    if not pieces and not context.num_tokens:
        name = "".join(map(writing.bytes.shown, wanted.tolist()))
        return [ContextPiece("start", "", name, len(wanted))]
    for index, piece in arranged.inserted:
        if index > at:
            pieces.append(ContextPiece("story", "", context.shown(at, index), index - at))
            at = index
        pieces.append(ContextPiece(piece.origin, piece.entry, piece.text, len(piece.ids)))
    left = context.num_tokens - at
    if left or context.shown(at):
        pieces.append(ContextPiece("story", "", context.shown(at), left))
    return pieces
