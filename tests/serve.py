"""The real server with a scripted worker: `python -m tests.serve [options of server.py]`.

`STORYGEN_GRACE_S` is how long a run goes on when the last browser has left.
"""

import os
import sys

from storygen.server.app import GRACE_S
from storygen.server.main import main

if __name__ == "__main__":
    sys.exit(
        main(
            command=lambda _: [sys.executable, "-m", "tests.scripted_worker"],
            grace_s=float(os.environ.get("STORYGEN_GRACE_S", GRACE_S)),
        )
    )
