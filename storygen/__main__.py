"""`python -m storygen COMMAND`: what can be done from the command line beside writing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """python -m storygen COMMAND

  bench      measure speed on this machine
  write      let the automatic writer write a story, without a browser
  choices    what was chosen in the library: listed, counted, exported as a dataset

COMMAND --help lists its options.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["bench"]:
        from .bench.run import main as bench

        return bench(given[1:])
    if given[:1] == ["choices"]:
        from .command_line.choices import main as choices

        return choices(given[1:])
    if given[:1] == ["write"]:
        from .server.write_alone import main as write

        return write(given[1:])
    print(USAGE, file=sys.stderr)
    return 0 if given in (["-h"], ["--help"]) else 2


if __name__ == "__main__":
    sys.exit(main())
