"""Keeps the libraries' progress bars, advice and telemetry off: the page shows progress itself."""

from __future__ import annotations

import os


def quiet_libraries() -> None:
    """Sets this process's environment and transformers' logging to errors only, without bars.

    Imports transformers; the environment is set before, because the bars read it when they are imported.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
