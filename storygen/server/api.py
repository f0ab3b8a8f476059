"""What other programs may ask over HTTP, as a Flask blueprint.

Access is `access_http.py`'s matter: they send the token as `Authorization: Bearer …`.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..errors import StorygenError
from ..preferences import statistics_json
from .tastes import Tastes


def api(tastes: Tastes) -> Blueprint:
    """Routes under `/api/`."""
    blueprint = Blueprint("api", __name__)

    @blueprint.get("/api/preferences/steps")
    def steps() -> Response:
        """What was chosen against what was passed over, step by step; see docs/PROTOCOL.md."""
        answer = jsonify(statistics_json.to_json(tastes.statistics()))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @blueprint.errorhandler(StorygenError)
    def failed(error: StorygenError) -> tuple[Response, int]:
        return jsonify(error={"code": error.code, "message": error.message}), 503

    return blueprint
