"""A workbench for a model behind a URL: anything that speaks the OpenAI protocol.

python examples/openai_endpoint.py                                  # a server on this machine, port 8080
python examples/openai_endpoint.py http://127.0.0.1:11434 llama3    # Ollama; several models, so one is named
python examples/openai_endpoint.py https://api.example/v1 --key-env EXAMPLE_KEY
OPENAI_BASE_URL=http://127.0.0.1:8000/v1 flask --app examples/openai_endpoint.py run

The key stands in a variable of the environment, never on the command line, where others could read it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from storygen.workbench import Chat, Generation, NextToken, RemoteModel, Workbench

URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")


def make(
    url: str, model: str = "", key_env: str = "", data_dir: str | Path = ".storygen"
) -> Workbench:
    """The workbench of a server's model; without its name, of the only one that it has."""
    return Workbench(
        model=RemoteModel(url, model, key_env=key_env),
        pages=[Chat(), NextToken(), Generation()],
        title=f"What answers at {url}",
        data_dir=data_dir,
    )


def create_app() -> Any:
    """What `flask run` asks for."""
    return bench.app


def asked() -> argparse.Namespace:
    """What stands on the command line."""
    parser = argparse.ArgumentParser(description="A workbench for an OpenAI-compatible server.")
    parser.add_argument("url", nargs="?", default=URL)
    parser.add_argument("model", nargs="?", default="", help="needed where there are several")
    parser.add_argument("--key-env", default="", help="the variable that holds the key")
    parser.add_argument("--data-dir", default=".storygen")
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument("--no-browser", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    args = asked()
    made = make(args.url, args.model, args.key_env, args.data_dir)
    made.run(port=args.port, open_browser=not args.no_browser)
else:
    bench = make(URL)
