"""A page that does what the original client does, in a real browser, against the real server.

That client opens its socket without any option (polling first, then an upgrade), takes the address from
its own config.js, where it stands without a scheme, and connects again by itself when the server was away.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from test_legacy_page import LIBRARY, site

from tests.server_process import ServerProcess, free_port

pytestmark = pytest.mark.browser

NUM_TEXTS = 5
PAGE = """<!doctype html><title>Old</title>
<script src="config.js"></script><script src="socket.io.min.js"></script><script src="old.js"></script>"""
CLIENT = """
const stories = {}, told = { completed: [], stopped: [], connected: 0, refused: 0, transports: [] };
const socket = window.APILocation ? io(window.APILocation) : io();
socket.on("connect", () => {
  told.connected += 1;
  const note = () => told.transports.push(socket.io.engine.transport.name);
  if (socket.io.engine.transport.name === "websocket") note();
  else socket.io.engine.once("upgrade", note);
});
socket.on("connect_error", () => (told.refused += 1));
socket.on("on_generate_completed", (task, texts) => {
  told[task] = texts;
});
socket.on("on_text", (name, text, acknowledge) => {
  const story = stories[name];
  story.text += text;
  story.slices += 1;
  const goOn = story.slices < story.wanted;
  acknowledge(goOn);
  if (!goOn) told.stopped.push(name);
});
socket.on("on_text_sample_completed", (name) => told.completed.push(name));
function generate(task, prefix, num) {
  const parameters = { top_k: 50, top_p: 0.9, temperature: 0.8, min_length: 10 };
  socket.emit("generate_text", task, "test", prefix, 20, parameters, num);
}
function goOn(name, prefix, wanted) {
  stories[name] = { text: "", slices: 0, wanted };
  socket.emit("start_new_sampler", name, "test", prefix, { temperature: 0.8, min_length: 10 });
}
"""
WROTE = " " + " ".join(f"w{number}" for number in range(20))


@pytest.fixture(params=["eventlet", "threading"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    port = free_port()
    old = tmp_path / "old"
    old.mkdir()
    (old / "index.html").write_text(PAGE)
    (old / "old.js").write_text(CLIENT)
    (old / "config.js").write_text(f'var APILocation = "127.0.0.1:{port}";')
    (old / "socket.io.min.js").write_bytes(LIBRARY.read_bytes())
    with site(old) as origin:
        process = ServerProcess(
            tmp_path,
            async_mode=request.param,
            port=port,
            token_ms=2,
            options=("--allow-origin", origin),
        )
        process.origin = origin  # type: ignore[attr-defined]
        process.start()
        yield process
        process.stop()


def wait(page: Page, condition: str) -> None:
    """Wait for what the page's variables say."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{condition}: {page.evaluate('[told, stories]')}")


def test_texts_samplers_a_wrapped_prompt_and_a_restart_work_without_a_token(
    chromium: Browser, server: ServerProcess
) -> None:
    page = chromium.new_page()
    page.goto(server.origin)  # type: ignore[attr-defined]
    wait(page, "told.transports[0] === 'websocket'")
    page.evaluate(f"generate('T1', 'Once', {NUM_TEXTS})")
    wait(page, "told.T1")
    assert page.evaluate("told.T1") == [WROTE] * NUM_TEXTS
    for number in range(NUM_TEXTS):
        page.evaluate(f"goOn('#{number}', 'Once' + told.T1[{number}], 3)")
    wait(page, f"told.stopped.length === {NUM_TEXTS}")
    texts = page.evaluate("Object.values(stories).map((one) => one.text)")
    for text in texts:
        words = text.split()
        assert words == [f"w{number}" for number in range(len(words))]
        assert len(words) > 3
    page.evaluate("generate('T2', '<|endoftext|>[WP] A fox. [RESPONSE] ', 1)")
    wait(page, "told.T2")
    assert page.evaluate("told.T2") == [WROTE]
    page.evaluate("generate('T3', '  ', 3); goOn('blank', '', 1)")
    wait(page, "told.T3 && told.completed.length")
    assert page.evaluate("[told.T3, told.completed]") == [[], ["blank"]]
    server.kill()
    server.start()
    wait(page, "told.connected === 2")
    page.evaluate("generate('T4', 'Once', 1)")
    wait(page, "told.T4")
    assert page.evaluate("told.T4") == [WROTE]
    page.close()


def test_the_same_page_gets_nothing_where_its_origin_is_not_allowed(
    chromium: Browser, server: ServerProcess
) -> None:
    page = chromium.new_page()
    page.goto(server.origin.replace("127.0.0.1", "localhost"))  # type: ignore[attr-defined]
    wait(page, "told.refused > 1")
    assert page.evaluate("told.connected") == 0
    page.close()
