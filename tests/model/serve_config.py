"""The real server with a registry of the test's own: `python -m tests.model.serve_config … --config FILE`."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from storygen.server import main as server
from storygen.server.app import Config


def main(arguments: list[str]) -> int:
    """Serve with the config.js that follows `--config`; the other options are `server.py`'s."""
    at = arguments.index("--config")
    path = Path(arguments[at + 1])
    server.Config = functools.partial(Config, config_path=path)  # type: ignore[misc,assignment]
    return server.main(arguments[:at] + arguments[at + 2 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
