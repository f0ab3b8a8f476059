"""Start StoryGen's server: `python server.py --help` lists the options."""

import sys

from storygen.server.main import main

if __name__ == "__main__":
    sys.exit(main())
