"""Commands beside the server that work on the library: `python -m storygen …`."""
