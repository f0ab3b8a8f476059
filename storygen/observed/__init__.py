"""What the store knows, as those see it who learn from it or look at it: read, never written.

Nothing here knows the server. It may run in the store's reading thread or in a program beside the server.
"""
