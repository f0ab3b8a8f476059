"""A model behind an OpenAI-compatible URL: vLLM, llama.cpp's server, Ollama, a hosted one.

Nothing is asked before it is needed; then the server is tried once for what it can do. Each text that is
written is a call of its own with its own seed, several at once, so that the same seed gives the same text as
far as the server keeps to that. What servers don't tell: a rank beyond their list of the likeliest tokens,
an entropy, mostly the ids of tokens, what their samplers make of the probabilities, and a chat's exact text.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ...errors import BadRequestError
from ..jobs import CancelledError, Job
from .base import (
    Ability,
    CannotError,
    Generated,
    Likely,
    Model,
    NextDistribution,
    OnToken,
    Params,
    ScoredToken,
    Token,
    Turn,
    ignore_tokens,
)
from .remote_address import read_address
from .remote_answers import Piece, read_pieces, with_thoughts
from .remote_errors import RemoteError, bad_answer, cut_off
from .remote_many import all_at_once
from .remote_params import ServerKind, request_fields
from .remote_probe import Found, look
from .remote_wire import Wire
from .talk_template import read_template

TOPS = (100, 20, 5, 1)
"""How many of the likeliest tokens servers give at most; the next is tried where one is refused."""

MOST_DRAWS = 128
LARGEST_SEED = 2**31 - 1


class RemoteModel(Model):
    """A model of a server. The key is kept out of everything that is shown."""

    at_once = 4
    """So many texts of a run it is asked for beside each other."""

    def __init__(
        self,
        url: str,
        model: str = "",
        *,
        key: str | None = None,
        key_env: str = "",
        name: str | None = None,
        timeout_s: float = 120.0,
        template: str | None = None,
    ) -> None:
        """`model` may be left out if the server has only one.

        The key is `key`, or what the environment's variable `key_env` holds. `OPENAI_API_KEY` is used without
        being named only for api.openai.com and for the server in `OPENAI_BASE_URL`. `timeout_s`: the longest
        silence. With a `template` (see `talk_template`) talks are sent as plain text.

        Raises: BadRequestError for a URL, key or template that is none. The server is not asked yet.
        """
        self._address = read_address(url)
        self._template = read_template(template) if template else None
        self.tells_chat_text = self._template is not None
        key = key or _environment_key(str(self._address), key_env)
        self._wire = Wire(self._address, key, silence_s=timeout_s)
        self._model = model
        self._found: Found | None = None
        self._lock = threading.Lock()
        self._refused: frozenset[str] = frozenset()
        self._most_top = TOPS[0]
        self.name = name or model or self._address.authority

    def __repr__(self) -> str:
        return f"RemoteModel({str(self._address)!r}, {self._model!r})"

    @property
    def url(self) -> str:
        """Where it is asked."""
        return str(self._address)

    @property
    def abilities(self) -> frozenset[Ability]:  # type: ignore[override]
        """What the server can do; it is asked at first. Raises: RemoteError."""
        found = self.connect()
        does = {
            Ability.GENERATE: found.completes,
            Ability.NEXT: found.tells,
            Ability.SCORE: found.echoes,
            Ability.TOKENS: found.echoes,
            Ability.CHAT: found.chats or (found.completes and self._template is not None),
        }
        return frozenset(ability for ability, can in does.items() if can)

    def connect(self, job: Job | None = None) -> Found:
        """What is known of the server, which is asked unless that was done before. Raises: RemoteError."""
        with self._lock:
            if self._found is None:
                self._found = look(self._wire, self._model, job=job)
            return self._found

    def unheeded(self, params: Params) -> tuple[str, ...]:
        """Names of those of `params` that are set and that this server won't heed."""
        return request_fields(params, self.connect().kind, refused=self._refused).unheeded

    def tokens(self, text: str) -> list[Token]:
        return [Token(token.id, token.text) for token in self.score("", text)]

    def next_tokens(
        self,
        text: str,
        then: Sequence[int] = (),
        *,
        num: int = 100,
        params: Params | None = None,
        draws: int = 0,
        seed: int = 0,
    ) -> NextDistribution:
        self._need(self.connect().tells, "doesn't tell which tokens could come next")
        if then:
            raise CannotError(f"{self.name} goes on from text only. Add the tokens to the text.")
        body = {"prompt": text, "max_tokens": 1, "temperature": 1.0}
        piece = self._with_top("/completions", body, num)
        if not piece.tokens or not piece.tokens[0].top:
            raise bad_answer("it names no likeliest tokens")
        top = piece.tokens[0].top[:num]
        if not draws or params is None:
            return NextDistribution(top)
        drawn, unlisted = self._draw(text, params, min(draws, MOST_DRAWS), seed)
        if not drawn:
            return NextDistribution(top)
        more = [each for each in unlisted if each.text not in {one.text for one in top}]
        more = more[: num // 2]
        shown = (*top[: num - len(more)], *more)  # what was drawn is shown, however unlikely
        return NextDistribution(shown, drawn=tuple(drawn[each.text] for each in shown))

    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        self._need(self.connect(job).echoes, "doesn't tell how probable the tokens of a text are")
        if not text:
            return []
        body = {"prompt": before + text, "max_tokens": 1, "temperature": 0.0, "echo": True}
        piece = self._with_top("/completions", body, num_top, job)
        if not piece.text.startswith(before + text):
            raise bad_answer("it repeats another text than it was given")
        return _part(piece.tokens, len(before), len(before) + len(text))

    def generate(
        self,
        text: str,
        params: Params,
        *,
        seeds: Sequence[int],
        on_token: OnToken = ignore_tokens,
        num_top: int = 0,
        job: Job | None = None,
    ) -> list[Generated]:
        self._need(
            self.connect(job).completes, "only answers talks; it doesn't write on from a text"
        )
        return self._write(text, params, seeds, on_token, num_top, job, more_stops=())

    def chat_text(self, turns: Sequence[Turn]) -> str:
        """With a template, the text. Else the messages as JSON: the server makes its own text of them."""
        if self._template is not None:
            return self._template.text(turns)
        return json.dumps(_messages(turns), ensure_ascii=False, indent=2)

    def chat(
        self,
        turns: Sequence[Turn],
        params: Params,
        *,
        seed: int = 0,
        on_token: OnToken = ignore_tokens,
        job: Job | None = None,
    ) -> Generated:
        found = self.connect(job)
        if self._template is not None:
            self._need(found.completes, "takes no plain text, so it can't use a template")
            return self._write(
                self._template.text(turns), params, [seed], on_token, 0, job, self._template.stops
            )[0]
        self._need(found.chats, "has no chat template. Give it one")
        fields = request_fields(params, found.kind, refused=self._refused).body
        fields[found.length_name] = fields.pop("max_tokens")
        body = {**fields, "messages": _messages(turns), "seed": seed & LARGEST_SEED}
        if found.chat_tells:
            body |= {"logprobs": True, "top_logprobs": 1}
        return self._written("/chat/completions", body, 0, seed, on_token, 0, job)

    def close(self) -> None:
        self._wire.close()

    def _need(self, can: bool, lack: str) -> None:
        if not can:
            raise CannotError(f"{self.name} {lack}.")

    def _write(
        self,
        text: str,
        params: Params,
        seeds: Sequence[int],
        on_token: OnToken,
        num_top: int,
        job: Job | None,
        more_stops: Sequence[str],
    ) -> list[Generated]:
        found = self.connect(job)
        fields = request_fields(
            params, found.kind, refused=self._refused, more_stops=more_stops
        ).body
        body = {**fields, "prompt": text}
        if found.tells:
            body["logprobs"] = min(max(1, num_top), self._most_top)

        def write(row: int, on_token: OnToken, job: Job | None) -> Generated:
            seeded = {**body, "seed": seeds[row] & LARGEST_SEED}
            return self._written("/completions", seeded, row, seeds[row], on_token, num_top, job)

        return all_at_once(write, len(seeds), on_token, job)

    def _written(
        self,
        call: str,
        body: dict[str, Any],
        row: int,
        seed: int,
        on_token: OnToken,
        num_top: int,
        job: Job | None,
    ) -> Generated:
        """A text as it is streamed. When it is cancelled, what came so far."""
        tokens: list[ScoredToken] = []
        last = Piece("", ())
        try:
            for piece in with_thoughts(self._stream(call, body, num_top, job)):
                for token in piece.tokens:
                    tokens.append(token)
                    on_token(row, token)
                if piece.finish:
                    last = piece
        except CancelledError:
            return _generated(tokens, "cancelled", seed)
        if not last.finish:
            raise cut_off()
        if last.finish == "content_filter":
            raise RemoteError("The server's filter holds the rest back.", code="server_failed")
        return _generated(tokens, _ended(last, bool(body.get("stop"))), seed)

    def _stream(
        self, call: str, body: dict[str, Any], num_top: int, job: Job | None
    ) -> Iterator[Piece]:
        """The pieces of one choice; fields that the server refuses are taken back and remembered."""
        whole = {**body, "model": self.connect().model, "stream": True}
        while True:
            pieces = 0
            try:
                for answer in self._wire.stream(call, whole, job=job):
                    for piece in read_pieces(answer, num_top):
                        pieces += 1
                        yield piece
                return
            except RemoteError as error:
                if pieces:
                    raise
                whole = self._less(whole, error)

    def _with_top(
        self, call: str, body: dict[str, Any], num_top: int, job: Job | None = None
    ) -> Piece:
        """One whole answer with as many of the likeliest tokens as the server gives, up to `num_top`."""
        whole: dict[str, Any] = {**body, "model": self.connect().model}
        wanted = max(1, num_top)
        while True:
            whole["logprobs"] = min(wanted, self._most_top)
            try:
                pieces = read_pieces(self._wire.ask(call, whole, job=job), whole["logprobs"])
            except RemoteError as error:
                whole = self._less(whole, error)
                continue
            if not pieces:
                raise bad_answer("it holds no text")
            return pieces[0]

    def _less(self, body: dict[str, Any], error: RemoteError) -> dict[str, Any]:
        """`body` without what the server just refused. Raises: `error` if that was something else."""
        if error.status not in (400, 422, 500):
            raise error
        asked = body.get("logprobs")
        if "logprob" in error.said.lower() and isinstance(asked, int) and asked > 1:
            self._most_top = next(each for each in TOPS if each < asked)
            return {**body, "logprobs": self._most_top}
        named = [
            name
            for name in body
            if name not in ("model", "prompt", "messages", "stream", "max_tokens")
            and name in error.said.replace("'", " ").replace('"', " ").replace(":", " ").split()
        ]
        if not named or error.status == 500:
            raise error
        self._refused |= set(named)
        return {name: value for name, value in body.items() if name not in named}

    def _draw(
        self, text: str, params: Params, draws: int, seed: int
    ) -> tuple[Counter[str], list[Likely]]:
        """How often each next token was drawn, and those tokens, likeliest first.

        Nothing where a server gives no more than one at once.
        """
        fields = request_fields(params, self.connect().kind, refused=self._refused).body
        body = {**fields, "prompt": text, "max_tokens": 1, "n": draws, "logprobs": 1}
        body["seed"] = seed & LARGEST_SEED
        try:
            answer = self._wire.ask("/completions", {**body, "model": self.connect().model})
        except RemoteError as error:
            if error.status in (400, 422, 500):
                return Counter(), []
            raise
        found = [piece.tokens[0] for piece in read_pieces(answer, 1) if piece.tokens]
        if len(found) != draws:
            return Counter(), []
        told = {
            one.text: Likely(one.id, one.text, one.logprob)
            for one in found
            if one.logprob is not None
        }
        likely = sorted(told.values(), key=lambda each: -each.logprob)
        return Counter(one.text for one in found), likely


def server_kind(model: RemoteModel) -> ServerKind:
    """Which program the server seems to be."""
    return model.connect().kind


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def _part(tokens: Sequence[ScoredToken], start: int, end: int) -> list[ScoredToken]:
    """The tokens between two places of the text that they make up.

    Of a token that lies over the first place, what lies behind it, without a probability: the whole token's
    says nothing of a part. Tokens without text before the first place, as begin every text, are left out.
    """
    part: list[ScoredToken] = []
    place = 0
    for token in tokens:
        first, place = place, place + len(token.text)
        if place <= start and not (part or (token.logprob is not None and first >= start)):
            continue
        if first >= end:
            break
        inside = token.text[max(0, start - first) : end - first]
        whole = inside == token.text
        part.append(token if whole else ScoredToken(None, inside))
    return part


def _ended(last: Piece, has_stops: bool) -> str:
    if last.finish == "length":
        return "length"
    if last.stopped_at is not None:
        return "stop" if last.stopped_at else "end"
    return "stop" if has_stops else "end"


def _generated(tokens: Sequence[ScoredToken], ended: str, seed: int) -> Generated:
    return Generated("".join(token.text for token in tokens), tuple(tokens), ended, seed)


def _environment_key(url: str, variable: str) -> str | None:
    """What the environment gives for the server at `url`; never another server's key."""
    if variable:
        return os.environ.get(variable) or None
    try:
        own = read_address(os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com")
    except BadRequestError:
        return None
    is_own = own.origin == read_address(url).origin
    return (os.environ.get("OPENAI_API_KEY") or None) if is_own else None
