"""`python -m storygen write` with a scripted worker: `python -m tests.write [options]`."""

import sys

from storygen.server.write_alone import main

if __name__ == "__main__":
    sys.exit(main(command=lambda _: [sys.executable, "-m", "tests.scripted_worker"]))
