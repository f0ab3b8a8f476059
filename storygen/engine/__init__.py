"""The worker: turns a context into tokens. Imports nothing of the server."""
