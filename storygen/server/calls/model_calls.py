"""The calls of `/studio` about models and presets. See docs/PROTOCOL.md."""

from __future__ import annotations

import functools
from typing import Any

from ...engine.sampling.parameters import check_params, sorted_out
from ...errors import StorygenError
from .. import presets
from ..house import House
from .checks import MAX_ID, MAX_TITLE, Fields
from .visitor import Visitor

Answer = dict[str, Any]

MODEL_CALLS: dict[str, tuple[str, ...]] = {
    "models": (),
    "model_load": ("model",),
    "model_unload": ("model",),
    "preset_check": ("params",),
    "preset_save": ("name", "params", "sentence", "was"),
    "preset_delete": ("name",),
}
"""Each call's fields."""


class ModelCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_models(self, visitor: Visitor, fields: Fields) -> Answer:
        """The registry as it is now."""
        return {"models": self._house.models()}

    def call_model_load(self, visitor: Visitor, fields: Fields) -> Answer:
        """Load ahead of the first run."""
        entry = self._house.model(fields.string("model", 2 * MAX_ID))
        self._house.workers.ensure(entry.key)
        return {"model": self._house.model_view(entry.key)}

    def call_model_unload(self, visitor: Visitor, fields: Fields) -> Answer:
        """Free its memory; refused while a run needs it."""
        key = fields.string("model", 2 * MAX_ID)
        view = self._house.model_view(key)
        if key in self._house.models_in_use():
            raise StorygenError(f"{view['name']} is in use; stop its runs first.", code="conflict")
        self._house.workers.unload(key)
        return {"model": self._house.model_view(key)}

    def call_preset_check(self, visitor: Visitor, fields: Fields) -> Answer:
        """Say which parameters of a preset from elsewhere are right; keeps nothing."""
        right, wrong = sorted_out(fields.object("params"))
        return {"params": right, "wrong": wrong}

    def call_preset_save(self, visitor: Visitor, fields: Fields) -> Answer:
        """Keep parameters under a name, or under another name than before."""
        name = fields.string("name", MAX_TITLE).strip()
        params = check_params(fields.object("params"))
        sentence = fields.string("sentence", presets.MAX_SENTENCE, "").strip()
        was = fields.string("was", MAX_TITLE) if fields.has("was") else None
        saved = functools.partial(
            presets.saved, name=name, params=params, sentence=sentence, was=was
        )
        return {"presets": self._house.change_presets(saved)}

    def call_preset_delete(self, visitor: Visitor, fields: Fields) -> Answer:
        """Forget a preset of one's own."""
        name = fields.string("name", MAX_TITLE)
        return {"presets": self._house.change_presets(lambda own: presets.without(own, name))}
