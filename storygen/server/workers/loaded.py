"""Which models are loaded: one supervised worker process each.

A worker that dies while its model is in use is started again; one that keeps dying before its model is
ready is given up with a reason. Loading another model unloads those that nothing uses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...errors import ModelError, NotFoundError
from ...link.messages import (
    Command,
    Event,
    LoadFailed,
    LoadModel,
    LoadProgressed,
    ModelLoaded,
    WorkerReady,
)
from ..loop import Loop
from .process import Spawn, WorkerProcess, worker_command

MAX_DEATHS_WHILE_LOADING = 3


class Listener(Protocol):
    """Who is told; all calls come in the loop."""

    def model_ready(self, key: str, window: int) -> None:
        """The model can write now."""

    def model_gone(self, key: str, reason: str) -> None:
        """Its worker is gone; `reason` is set when the model can't be used at all."""

    def model_changed(self, key: str) -> None:
        """Its state or progress is another one."""

    def worker_said(self, key: str, event: Event) -> None:
        """An event about a run or a request."""

    def models_in_use(self) -> set[str]:
        """Models that live runs need."""


@dataclass(slots=True)
class _Loaded:
    process: WorkerProcess | None = None
    state: str = "unloaded"
    reason: str = ""
    mend: str = ""
    progress: LoadProgressed | None = None
    info: ModelLoaded | None = None
    spec: LoadModel | None = None
    num_deaths: int = 0
    leaving: bool = False


class Workers:
    """`spec(key)` gives what to load. Raises of `ensure`: NotFoundError, ModelError."""

    def __init__(
        self,
        loop: Loop,
        data_dir: Path,
        spec: Callable[[str], LoadModel],
        listener: Listener,
        command: Spawn = worker_command,
        max_idle: int = 0,
    ) -> None:
        self._loop, self._log_dir, self._spec, self._listener = (
            loop,
            data_dir / "logs",
            spec,
            listener,
        )
        self._command, self._max_idle = command, max_idle
        self._models: dict[str, _Loaded] = {}
        self._latest = ""  # the model last asked for

    def ensure(self, key: str) -> None:
        """See to it that the model gets ready; `Listener.model_ready` is called even if it is already."""
        self._latest = key
        model = self._models.setdefault(key, _Loaded())
        if model.state == "ready" and model.info:
            self._listener.model_ready(key, model.info.context)
        elif model.process is None or model.leaving or model.state == "failed":
            model.num_deaths = 0
            self.unload_idle()
            self._start(key)

    def window(self, key: str) -> int | None:
        """The window of a model in tokens; None while it is not ready."""
        model = self._models.get(key)
        ready = model is not None and model.state == "ready" and not model.leaving
        return model.info.context if ready and model and model.info else None

    def latest(self) -> tuple[str, LoadModel, ModelLoaded] | None:
        """The model that was last asked for, if it is ready: its key, what was loaded, and what it is."""
        model = self._models.get(self._latest)
        if model is None or model.state != "ready" or model.leaving:
            return None
        assert model.spec is not None and model.info is not None
        return self._latest, model.spec, model.info

    def send(self, key: str, command: Command) -> None:
        """A command to the model's worker, or nowhere when it is not there (`model_gone` tells)."""
        model = self._models.get(key)
        if model and model.process and model.state == "ready":
            model.process.send(command)

    def unload(self, key: str) -> None:
        """End the model's worker.

        Raises: NotFoundError when it is not loaded.
        """
        model = self._models.get(key)
        if not model or not model.process or model.leaving:
            raise NotFoundError("This model is not loaded.")
        model.leaving, model.info, model.progress = True, None, None
        model.process.shut_down()
        self._set(key, "unloaded")

    def unload_idle(self) -> None:
        """End workers that no live run uses, but for the model last asked for and `max_idle` more."""
        used = self._listener.models_in_use() | {self._latest}
        idle = [
            key
            for key, m in self._models.items()
            if m.process and not m.leaving and key not in used
        ]
        for key in idle[: max(0, len(idle) - self._max_idle)]:
            self.unload(key)

    def pids(self) -> dict[str, int]:
        """Process ids of the workers, by model."""
        return {key: m.process.pid for key, m in self._models.items() if m.process}

    def state(self, key: str) -> dict[str, Any]:
        """`state`, `reason`, `mend`, `progress` and `info` as browsers see them."""
        model = self._models.get(key) or _Loaded()
        return {
            "state": model.state,
            "reason": model.reason,
            "mend": model.mend,
            "progress": dataclasses.asdict(model.progress) if model.progress else None,
            "info": dataclasses.asdict(model.info) if model.info else None,
        }

    def close(self) -> None:
        """End every worker."""
        for model in self._models.values():
            if model.process:
                model.leaving = True
                model.process.shut_down()

    # ------------------------------------------------------------ inside

    def _start(self, key: str) -> None:
        model = self._models[key] = _Loaded(num_deaths=self._models[key].num_deaths)
        spec = model.spec = self._spec(key)
        process = WorkerProcess(
            self._loop,
            self._log_dir / "worker.log",
            lambda event: self._heard(key, model, event, spec),
            lambda code: self._gone(key, model, code),
            self._command,
        )
        model.process = process
        self._set(key, "starting")

    def _heard(self, key: str, model: _Loaded, event: Event, spec: LoadModel) -> None:
        if model.leaving or self._models.get(key) is not model:
            return  # what it still says is of a model that was unloaded; another may be loading since
        if isinstance(event, WorkerReady):
            assert model.process is not None
            model.process.send(spec)
            self._set(key, "loading")
        elif isinstance(event, LoadProgressed):
            model.progress = event
            self._listener.model_changed(key)
        elif isinstance(event, ModelLoaded):
            model.info, model.progress, model.num_deaths = event, None, 0
            self._set(key, "ready")
            self._listener.model_ready(key, event.context)
        elif isinstance(event, LoadFailed):
            self._fail(key, model, event.message, event.mend)
        else:
            self._listener.worker_said(key, event)

    def _gone(self, key: str, model: _Loaded, code: int | None) -> None:
        if self._models.get(key) is not model:
            return
        model.process, was_loading = None, model.state in ("starting", "loading")
        if model.leaving or model.state == "failed":
            if model.leaving:
                self._set(key, "unloaded")
                self._listener.model_gone(key, "")
            return
        model.num_deaths += was_loading
        if model.num_deaths >= MAX_DEATHS_WHILE_LOADING:
            self._fail(
                key,
                model,
                f"The model's process ended {model.num_deaths} times while loading (exit code {code}).",
                "It may need more memory than is free. data/logs/worker.log says more.",
            )
            return
        self._set(key, "starting")
        self._listener.model_gone(key, "")
        self._restart(key, model)

    def _restart(self, key: str, model: _Loaded) -> None:
        try:
            self._start(key)
        except (ModelError, NotFoundError, OSError) as error:
            self._fail(key, model, str(error), getattr(error, "mend", ""))

    def _fail(self, key: str, model: _Loaded, message: str, mend: str) -> None:
        model.reason, model.mend, model.progress = message, mend, None
        self._set(key, "failed")
        self._listener.model_gone(key, message)

    def _set(self, key: str, state: str) -> None:
        self._models[key].state = state
        self._listener.model_changed(key)
