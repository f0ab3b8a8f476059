"""What the pages beside the room, and other programs, may ask over HTTP, as a Flask blueprint.

Access is `web/door.py`'s matter: programs send the token as `Authorization: Bearer …`, pages their cookie.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import BadRequestError, StorygenError
from ..preferences import statistics_json
from . import opened_datasets
from .tastes import Tastes

MAX_FILE_BYTES = 4 * 2**20
"""A file of statistics of 200 steps has less than half of it."""


MAX_DATASET_BYTES = 100 * 2**20
_PART_BYTES = 256 * 1024

Apart = Callable[[Callable[[], Any]], Any]
"""Does some work in a thread of its own, and waits for it."""


def api(tastes: Tastes, apart: Apart) -> Blueprint:
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

    @blueprint.post("/api/preferences/dataset")
    def dataset() -> Response:
        """The statistics of a dataset in the raw form, as JSON Lines. Nothing is kept."""
        with tempfile.TemporaryDirectory(prefix="storygen-") as folder:
            path = Path(folder) / opened_datasets.NAME
            _save(path)
            found = apart(lambda: opened_datasets.statistics_of(path))
        return _fresh(statistics_json.to_json(found))

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


def _save(path: Path) -> None:
    """The request's body as a file. Raises: BadRequestError for too much of it."""
    request.max_content_length = MAX_DATASET_BYTES
    try:
        with path.open("wb") as file:
            while part := request.stream.read(_PART_BYTES):
                file.write(part)
    except RequestEntityTooLarge:
        most = MAX_DATASET_BYTES // 2**20
        raise BadRequestError(f"A dataset that is opened here has at most {most} MB.") from None


def _fresh(body: Any) -> Response:
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer
