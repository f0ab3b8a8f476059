"""Where everything lies: the project's folder and what the launcher makes in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_MODEL = "smollm2-135m-instruct"


@dataclass(frozen=True, slots=True)
class Project:
    """The project's folder, and the two folders that a user may have put elsewhere."""

    root: Path
    data_dir: Path
    models_dir: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The virtual environment's own Python."""
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def notes(self) -> Path:
        """The launcher's own folder in the virtual environment: stamps, and a place for downloads."""
        return self.venv / ".storygen"

    @property
    def log(self) -> Path:
        """What pip, npm and the others said during the last installation."""
        return self.root / "data" / "launch" / "install.log"

    @property
    def lock(self) -> Path:
        return self.root / "data" / "launch" / "lock"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def vendor(self) -> Path:
        """The bundled front-end libraries."""
        return self.root / "static" / "vendor"

    @property
    def default_model(self) -> Path:
        return self.models_dir / DEFAULT_MODEL


def find_project(root: Path, data_dir: str | None, models_dir: str | None) -> Project:
    """The project in `root`; folders not given come from the environment, else they lie in `root`."""
    data = data_dir or os.environ.get("STORYGEN_DATA_DIR") or str(root / "data")
    models = models_dir or os.environ.get("STORYGEN_MODELS_DIR") or str(root / "models")
    return Project(root, Path(data).absolute(), Path(models).absolute())
