"""How much a browser may send at once."""

MAX_PACKET_BYTES = 16 * 1024 * 1024 + 65536  # what is longer ends the connection
MAX_TEXT = 4 * 1024 * 1024  # more than War and Peace
