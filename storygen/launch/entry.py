"""The first file that runs: refuses a Python that cannot carry StoryGen, then hands over to `cli`.

Its syntax is that of early Python 3, so that an old Python gets far enough to say that it is too old.
`entry.py --check-python` only checks: exit status 0 and silence, or 3 and the reason on one line.
"""

import sys

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python that the pinned PyTorch has packages for
UNFIT = 3


def unfit_reason(version: "tuple[int, int, int]", max_int: int, system: str, machine: str) -> str:
    """Why a Python of `version` on this machine cannot run StoryGen, in words; "" when it can."""
    found = "Python " + ".".join(str(part) for part in version)
    if version[:2] < OLDEST:
        return found + " is too old"
    if version[:2] > NEWEST:
        return found + " is too new: PyTorch has no packages for it yet"
    if max_int <= 2**32:
        return found + " is a 32-bit Python; PyTorch needs a 64-bit one"
    if system == "Darwin" and machine == "x86_64":
        return found + " is for Intel Macs, for which PyTorch is no longer made"
    return ""


def missing_part() -> str:
    """Which part of the standard library this Python came without, in words; "" when it is whole."""
    from importlib.util import find_spec

    if find_spec("venv") and find_spec("ensurepip"):
        return ""
    return "this Python came without venv (on Debian and Ubuntu: sudo apt install python3-venv)"


def check_python() -> str:
    """Why the Python that runs this cannot run StoryGen; "" when it can."""
    if sys.version_info[:2] < OLDEST:
        return unfit_reason(sys.version_info[:3], sys.maxsize, "", "")
    import platform
    import sysconfig

    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this is a free-threaded Python; StoryGen needs the usual one"
    system, machine = platform.system(), platform.machine()
    return unfit_reason(sys.version_info[:3], sys.maxsize, system, machine) or missing_part()


def main(arguments: "list[str]") -> int:
    """Runs the launcher and returns the exit status."""
    reason = check_python()
    if reason:
        sys.stdout.write(reason + "\n")
        return UNFIT
    if arguments == ["--check-python"]:
        return 0
    from pathlib import Path

    # In place of this folder, whose modules would otherwise stand in front of the standard library's.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from storygen.launch.cli import main as launch

    return launch(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
