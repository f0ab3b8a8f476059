"""The pages, their files, and `/healthz`, as a Flask blueprint. Access is `door.py`'s matter.
`/` is the writing room; other pages stand beside it (`rules.PAGE_FILES`). What their HTML has in common
lies in `static/parts/` and takes the place of `{{ part NAME }}`.

Files come from `static/` alone and are listed nowhere; `config.js` and `custom.css` are served as they
are on the disk, since users edit them by hand.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_from_directory

from .. import __version__
from .door import NONCE
from .rules import PAGE_FILES

PLACEHOLDER = "{{ nonce }}"
_PART = re.compile(r"\{\{ part (\w+) \}\}")


def pages(static_dir: Path, instance: str, rooms: Mapping[str, str] = PAGE_FILES) -> Blueprint:
    """Routes `/static/…` and `/healthz`, and `rooms`: each address with its HTML file, without the ending."""
    blueprint = Blueprint("pages", __name__)
    for address, name in rooms.items():
        show = functools.partial(_page, static_dir, name)
        blueprint.add_url_rule(address, name, show)

    @blueprint.get("/static/<path:name>")
    def file(name: str) -> Response:
        """A file; the browser asks each time whether it changed, so that an edit shows at once."""
        answer = send_from_directory(static_dir, name, max_age=0)
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """That this is StoryGen, which one, and that it answers."""
        return _fresh(jsonify(app="storygen", version=__version__, status="ok", instance=instance))

    return blueprint


def _page(static_dir: Path, name: str) -> Response:
    """A page, with the nonce under which this answer's policy allows its styles."""

    def part(found: re.Match[str]) -> str:
        return (static_dir / "parts" / f"{found[1]}.html").read_text("utf-8").strip()

    html = _PART.sub(part, (static_dir / f"{name}.html").read_text("utf-8"))
    nonce = escape(request.environ.get(NONCE, ""))
    return _fresh(Response(html.replace(PLACEHOLDER, nonce), mimetype="text/html"))


def _fresh(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
