"""What the pages beside the room, and other programs, may ask over HTTP, as a Flask blueprint.

Access is `web/door.py`'s matter: programs send the token as `Authorization: Bearer …`, pages their cookie.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import BadRequestError, StorygenError
from ..preferences import statistics_json
from .tastes import Tastes

MAX_FILE_BYTES = 4 * 2**20
"""A file of statistics of 200 steps has less than half of it."""


def api(tastes: Tastes) -> Blueprint:
    """Routes under `/api/`."""
    blueprint = Blueprint("api", __name__)

    @blueprint.get("/api/preferences/steps")
    def steps() -> Response:
        """What was chosen against what was passed over, step by step; see docs/PROTOCOL.md."""
        return _fresh(statistics_json.to_json(tastes.statistics()))

    @blueprint.post("/api/preferences/check")
    def check() -> Response:
        """A file of statistics, read with all checks and written down anew. Nothing is kept."""
        return _fresh(statistics_json.to_json(statistics_json.from_json(_sent())))

    @blueprint.errorhandler(StorygenError)
    def failed(error: StorygenError) -> tuple[Response, int]:
        status = 400 if isinstance(error, BadRequestError) else 503
        return jsonify(error={"code": error.code, "message": error.message}), status

    return blueprint


def _sent() -> Any:
    """The JSON of the request's body. Raises: BadRequestError for none, or too much of it."""
    request.max_content_length = MAX_FILE_BYTES
    try:
        return json.loads(request.get_data(cache=False))
    except RequestEntityTooLarge:
        most = MAX_FILE_BYTES // 2**20
        raise BadRequestError(f"A file of statistics has at most {most} MB.") from None
    except (ValueError, RecursionError):
        raise BadRequestError("This is no JSON: no file of statistics.") from None


def _fresh(body: Any) -> Response:
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer
