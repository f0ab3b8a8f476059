"""The workbench: look at data, at what a model makes of it, and why.

A developer gives a model, a dataset, and up to three small functions; pages show the rest. Importing this is
light: torch, Flask and the readers of files are imported where they are needed.
"""

from .component import Component
from .jobs import CancelledError, Job
from .workbench import Workbench

__all__ = ["CancelledError", "Component", "Job", "Workbench"]
