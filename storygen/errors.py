"""What can go wrong for a user: a small tree of exceptions with a code and a message that says what to do.

A code is a stable word that programs may compare; a message is one or two sentences for a person.
Our own invariants are asserts, not these.
"""


class StorygenError(Exception):
    """An error that a user can understand and act on.

    `code` is a stable lower_case word; `message` says what happened and what to do about it.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class BadRequestError(StorygenError):
    """A message that is malformed, out of range or too large; nothing was changed."""

    code = "bad_request"


class NotFoundError(StorygenError):
    """A story, run, checkpoint or model that does not exist (any more)."""

    code = "not_found"


class ConflictError(StorygenError):
    """A command that the present state forbids; nothing was changed."""

    code = "conflict"


class ModelError(StorygenError):
    """A model that cannot be used; `mend` says what the user can do about it."""

    code = "model"

    def __init__(self, message: str, *, mend: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.mend = mend


class RefusedError(StorygenError):
    """A request that is not allowed: wrong host, origin or token, or an update under a server's id."""

    code = "refused"
