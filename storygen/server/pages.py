"""The page, its files, and `/healthz`, as a Flask blueprint. Access is `access_http.py`'s matter.

Files come from `static/` alone and are listed nowhere; `config.js` and `custom.css` are served as they
are on the disk, since users edit them by hand.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_from_directory

from .. import __version__
from .access_http import NONCE

PLACEHOLDER = "{{ nonce }}"


def pages(static_dir: Path, instance: str) -> Blueprint:
    """Routes `/`, `/static/…` and `/healthz` for the files in `static_dir`."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def page() -> Response:
        """The page, with the nonce under which this answer's policy allows its styles."""
        nonce = escape(request.environ.get(NONCE, ""))
        html = (static_dir / "index.html").read_text("utf-8").replace(PLACEHOLDER, nonce)
        return _fresh(Response(html, mimetype="text/html"))

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


def _fresh(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
