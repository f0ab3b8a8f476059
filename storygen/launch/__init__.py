"""Sets StoryGen up on this machine and starts it.

The standard library alone, so that it runs before anything is installed.
`run_local.sh` and `run_local.bat` try each Python on the machine with `entry.py --check-python` and run
the first fit one on `entry.py`. From there: `cli` reads the arguments, `install` carries out the steps
that are not yet done, `serving` starts the server and opens the browser.
"""
