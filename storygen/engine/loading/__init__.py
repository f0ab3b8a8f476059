"""Loading a model in the worker: folders, GGUF files, old `.bin` folders, adapters and hub ids.

Importing this is light; torch and transformers are imported by `load`, so that the worker can say
"importing" before the seconds that takes.
"""

from __future__ import annotations

from ...link.messages import LoadModel, LoadProgressed
from .loaded import LoadedModel, Progress

__all__ = ["LoadedModel", "Progress", "load"]


def load(spec: LoadModel, progress: Progress) -> LoadedModel:
    """The model of `spec`, in eval mode, with its tokenizer and everything the server is told about it.

    Reports each stage through `progress`. May write converted copies under `spec.models_dir`, and what
    it measured to `spec.profile_path`. Sets torch's number of threads.

    Raises: ModelError with a reason and a mend when the model cannot be used; it has loaded nothing then.
    """
    from .quiet import quiet_libraries

    progress(LoadProgressed("importing"))
    quiet_libraries()
    from .dispatch import load_model

    return load_model(spec, progress)
