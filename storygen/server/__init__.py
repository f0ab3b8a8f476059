"""The server process: HTTP, Socket.IO, open stories, the store's threads and the workers' processes.

It imports neither torch nor transformers. `loop.py` is the only module that knows eventlet's name.
"""
