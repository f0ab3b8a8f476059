"""StoryGen: a writing room for language models.

Importing this package is light: neither torch nor Flask is imported until something that needs them
is asked for. The rooms are described in docs/ARCHITECTURE.md.
"""

__version__ = "0.1.0"
