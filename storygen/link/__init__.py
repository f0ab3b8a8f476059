"""The wire between the server process and a worker process: message types and framing, no sockets.

Both sides import this package; it imports neither of them.
"""
