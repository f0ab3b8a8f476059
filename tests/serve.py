"""The real server with a scripted worker: `python -m tests.serve [options of server.py]`."""

import sys

from storygen.server.main import main

if __name__ == "__main__":
    sys.exit(main(command=lambda _: [sys.executable, "-m", "tests.scripted_worker"]))
