"""Tiny models, made once for all tests of loading and copied where a test changes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_models import make_tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`tiny(kind, chat=False)`: a folder with a tiny model; do not write into it."""
    root = tmp_path_factory.mktemp("tiny")

    def made(kind: str, *, chat: bool = False) -> Path:
        folder = root / (kind + "-chat" * chat)
        return folder if folder.is_dir() else make_tiny_model(kind, folder, chat=chat)

    return made
