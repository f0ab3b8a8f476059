"""The models that a story can be written with: `static/config.js` and the `models/` folder, as entries.

Standard library and pyjson5 only; the server reads this often and never loads a model itself.
"""

from .entries import ModelEntry, Problem, load_spec
from .registry import Registry

__all__ = ["ModelEntry", "Problem", "Registry", "load_spec"]
