"""A small real server that speaks the OpenAI protocol, for tests, in a process of its own.

    python tests/openai_server.py        prints its address

The path says how it behaves: /vllm/v1, /llamacpp/v1, /openai/v1 (refuses what OpenAI doesn't know),
/ollama/v1 (no log-probabilities), /talks/v1 (talks only), /texts/v1 (no talks), /several/v1 (three models),
/keyed/v1 (wants the key "sesame-1234"), and /NAME/v1 for each fault NAME of openai_faults. What was asked
is told at /seen.
"""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import openai_faults
import openai_words

KEY = "sesame-1234"
OWNERS = {"vllm": "vllm", "llamacpp": "llamacpp", "ollama": "library", "openai": "system"}
KNOWN = {
    *("model", "prompt", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p"),
    *("n", "seed", "stop", "stream", "logprobs", "top_logprobs", "echo"),
    *("presence_penalty", "frequency_penalty", "logit_bias"),
}


class Seen:
    """What was asked of the server, and how many callers went away before their answer was whole."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.gone = 0
        self.tries: dict[str, int] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = Seen()

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/seen":
            self.answer({"calls": self.seen.calls, "gone": self.seen.gone})
        elif self.path == "/forget":
            Handler.seen = Seen()
            self.answer({})
        elif self.path.endswith("/v1/models") and self.allowed():
            if not openai_faults.on_models(self, self.style):
                self.answer({"object": "list", "data": self.models()})
        elif not self.path.endswith("/v1/models"):
            self.page("There is a web page here.")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.calls.append(
            {"path": self.path, "body": body, "key": self.headers.get("authorization")}
        )
        if not self.allowed():
            return
        is_chat = self.path.endswith("/v1/chat/completions")
        lacks = self.style == ("texts" if is_chat else "talks")
        if lacks or not self.path.endswith("/v1/completions" if not is_chat else ""):
            self.refuse(404, "Not Found")
        elif body["model"] not in [row["id"] for row in self.models()]:
            self.refuse(404, f"The model `{body['model']}` does not exist.")
        elif why := self.refusal(body, is_chat):
            self.refuse(400, why)
        elif not openai_faults.on_call(self, self.style, body):
            self.write(body, is_chat)

    @property
    def style(self) -> str:
        return self.path.split("/")[1]

    def models(self) -> list[dict[str, Any]]:
        names = ["red", "green", "blue"] if self.style == "several" else ["words"]
        return [
            {"id": name, "object": "model", "owned_by": OWNERS.get(self.style, "somebody")}
            for name in names
        ]

    def allowed(self) -> bool:
        if self.style == "keyed" and self.headers.get("authorization") != f"Bearer {KEY}":
            self.refuse(401, f"Incorrect key: {self.headers.get('authorization')}")
            return False
        return True

    def refusal(self, body: dict[str, Any], is_chat: bool) -> str:
        if self.style == "openai":
            unknown = sorted(set(body) - KNOWN)
            if unknown:
                return f"Unrecognized request argument supplied: {unknown[0]}"
            if is_chat and "max_tokens" in body:
                return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        if self.style in ("llamacpp", "openai") and body.get("echo"):
            return "Only no echo is supported"
        most = 20 if self.style == "vllm" else 5 if self.style == "openai" else 1000
        asked = body.get("logprobs")
        if isinstance(asked, int) and asked > most:
            return f"Requested logprobs of {asked}, which is greater than max allowed: {most}"
        return ""

    def write(self, body: dict[str, Any], is_chat: bool) -> None:
        prompt = talk_text(body["messages"]) if is_chat else body["prompt"]
        if body.get("stream"):
            with self.event_stream() as send:
                for chunk in self.chunks(prompt, body, is_chat):
                    send(f"data: {json.dumps(chunk)}\n\n".encode())
                send(b"data: [DONE]\n\n")
            return
        choices = [
            self.whole(prompt, body, is_chat, number)
            for number in range(1 if self.style == "ollama" else body.get("n") or 1)
        ]
        self.answer({"id": "1", "object": "text_completion", "choices": choices})

    def chunks(self, prompt: str, body: dict[str, Any], is_chat: bool) -> Iterator[dict[str, Any]]:
        before = (openai_words.tokenize(prompt) or [openai_words.END])[-1]
        finish = ""
        for token, text, finish in tokens_of(prompt, body, body.get("seed") or 0):
            told = self.logprobs(body, is_chat, [(before, token)]) if token else None
            yield choice_of(text, told, finish, is_chat=is_chat, is_stream=True)
            before = token

    def whole(
        self, prompt: str, body: dict[str, Any], is_chat: bool, number: int
    ) -> dict[str, Any]:
        parts = list(tokens_of(prompt, body, (body.get("seed") or 0) + number))
        written = [token for token, _, _ in parts if token]
        given = openai_words.tokenize(prompt)
        pairs = list(zip([openai_words.END, *given, *written], [*given, *written], strict=False))
        told = self.logprobs(body, is_chat, pairs[0 if body.get("echo") else len(given) :])
        if told and body.get("echo"):
            told["token_logprobs"][0] = told["top_logprobs"][0] = None
        text = "".join(text for _, text, _ in parts)
        text = prompt + text if body.get("echo") and self.style != "ollama" else text
        choice = choice_of(text, told, parts[-1][2], is_chat=is_chat, is_stream=False)["choices"][0]
        return {**choice, "index": number}

    def logprobs(
        self, body: dict[str, Any], is_chat: bool, pairs: list[tuple[bytes, bytes]]
    ) -> dict[str, Any] | None:
        if not body.get("logprobs") or self.style in ("ollama", "talks"):
            return None
        if is_chat or self.style == "llamacpp":
            num = body["top_logprobs"] if is_chat else body["logprobs"]
            return {
                "content": [
                    {
                        **told(token, openai_words.logprob(before, token)),
                        "top_logprobs": [
                            told(*each) for each in openai_words.likeliest(before, num)
                        ],
                    }
                    for before, token in pairs
                ]
            }
        return {
            "tokens": [shown(token) for _, token in pairs],
            "token_logprobs": [openai_words.logprob(*pair) for pair in pairs],
            "top_logprobs": [
                {
                    shown(token): value
                    for token, value in [
                        *openai_words.likeliest(before, body["logprobs"]),
                        (taken, openai_words.logprob(before, taken)),
                    ]
                }
                for before, taken in pairs
            ],
        }

    def answer(
        self, body: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def refuse(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.answer({"error": {"message": message, "code": status}}, status, headers)

    def page(self, text: str, status: int = 200) -> None:
        raw = f"<!doctype html><title>Hello</title><p>{text}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    @contextmanager
    def event_stream(self) -> Iterator[Any]:
        """Gives what sends bytes of a stream, each call a chunk of HTTP; notes a caller that goes away."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def send(raw: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))
            self.wfile.flush()

        try:
            yield send
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.seen.gone += 1
            self.close_connection = True


def talk_text(messages: list[dict[str, str]]) -> str:
    """The chat template of this server."""
    return "\n".join(f"{turn['role']}: {turn['content']}" for turn in messages) + "\nassistant:"


def tokens_of(prompt: str, body: dict[str, Any], seed: int) -> Iterator[tuple[bytes, str, str]]:
    """Each token written, what it adds to the text, and why the text ends there ("" if it doesn't)."""
    most = body.get("max_tokens") or body.get("max_completion_tokens") or 16
    stops = body.get("stop") or []
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    written = ""
    temperature = body.get("temperature", 1.0)
    tokens = openai_words.write(prompt, seed, temperature=temperature, top_k=body.get("top_k") or 0)
    for number, token in enumerate(tokens, 1):
        if token == openai_words.END:
            yield b"", decoder.decode(b"", True), "stop"
            return
        text = decoder.decode(token)
        for stop in stops:
            if stop in written + text:
                cut = (written + text).index(stop) - len(written)
                yield token, text[: max(0, cut)], "stop"
                return
        written += text
        finish = "length" if number == most else ""
        yield token, text + (decoder.decode(b"", True) if finish else ""), finish
        if finish:
            return


def choice_of(
    text: str, logprobs: Any, finish: str, *, is_chat: bool, is_stream: bool
) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant", "content": text}
    choice = {"index": 0, "logprobs": logprobs, "finish_reason": finish or None}
    if not is_chat:
        return {"choices": [{"text": text, **choice}]}
    return {"choices": [{("delta" if is_stream else "message"): said, **choice}]}


def shown(token: bytes) -> str:
    """As servers write a token that is no whole character."""
    return token.decode("utf-8", "replace")


def told(token: bytes, logprob: float) -> dict[str, Any]:
    return {
        "id": openai_words.IDS.get(token, 0),
        "token": shown(token),
        "bytes": list(token),
        "logprob": logprob,
    }


@contextmanager
def running() -> Iterator[str]:
    """The address of a server in a process of its own, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def main() -> None:
    """Serve until standard input is closed, so that nobody leaves one behind."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
