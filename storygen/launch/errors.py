"""What can stop the launcher, in words for a person who never opens a terminal."""

from __future__ import annotations

import re


class LaunchError(Exception):
    """StoryGen cannot be set up or started.

    `message` says what happened, `mend` what to do about it, `details` are the last lines of a log.
    """

    def __init__(self, message: str, *, mend: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.details = details


_MENDS: tuple[tuple[str, str], ...] = (
    (
        r"No space left|not enough space|ENOSPC|Errno 28",
        "The disk is full. Free about 3 GB and start again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|unable to get local issuer",
        "A proxy or virus scanner replaces certificates. Ask for its certificate file and set PIP_CERT "
        "and NODE_EXTRA_CA_CERTS to it, then start again.",
    ),
    (
        r"\[?WinError 206|filename or extension is too long|File name too long|Long Path",
        "The folder's path is too long. Move StoryGen to a shorter one, such as C:\\StoryGen.",
    ),
    (
        r"Permission denied|Access is denied|WinError 5\b|WinError 32|EACCES|EPERM|EBUSY",
        "A file could not be changed. Close other StoryGen windows, make sure the folder is yours to "
        "write in, and start again.",
    ),
    (
        r"name resolution|getaddrinfo|NewConnectionError|ConnectTimeout|Read timed out|ENOTFOUND"
        r"|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN|Network is unreachable|ProxyError"
        r"|No matching distribution",
        "The download did not work. Check the internet connection (and the proxy, if there is one) and "
        "start again: it goes on where it stopped.",
    ),
)


def mend_for(output: str) -> str:
    """What to do about a program that failed with `output`; a general advice when nothing is recognised."""
    for pattern, mend in _MENDS:
        if re.search(pattern, output, re.IGNORECASE):
            return mend
    return (
        "Start again: what is done stays done. If it fails at the same place, the log tells more."
    )
