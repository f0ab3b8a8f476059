"""One open story, without I/O: what comes in (edits, commands, worker events, time) and what must follow.

Nothing here knows a clock, a thread, a socket or a database: time is passed in, and what must be
committed, sent and said comes out as `Effects`.
"""
