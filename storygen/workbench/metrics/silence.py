"""A metric that can't speak about a text says why."""

from __future__ import annotations


class SilenceError(Exception):
    """Raised by a metric that has no number for a case; the message is a sentence for a person. No fault."""
