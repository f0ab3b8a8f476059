"""A workbench as a developer makes it: a model, a dataset, up to three functions, and the pages to see.

    bench = Workbench(model=LocalModel("my-model"), dataset="data/train.jsonl", to_text=lambda s: s["prompt"])
    app = bench.app      # flask --app my_app run
    bench.run()          # or: python my_app.py

Beside the main server: `python server.py --workbench my_app.py`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadRequestError
from .bench import Bench, Functions, Given, Sample, Source
from .component import Component
from .jobs import Job
from .models.base import Ability, Model
from .models.servers import Servers, WithServers

if TYPE_CHECKING:
    from flask import Flask

    from .host.visits import Tell, Visits

DATA_DIR = Path(".storygen")


class Workbench:
    """`model`: a `Model`, or what `LocalModel` takes as its first argument; `models`: several, by name.

    `dataset`: whatever `storygen.workbench.datasets.open_dataset` opens; `datasets`: several, by name.
    `to_text(sample)` makes the text for the tokenizer, `to_step(sample, tokens)` that for one step,
    `to_target(sample)` what should come; each may be missing. `pages`: components, in order; the built-in
    ones unless given. `data_dir`: where the access token, runs and keys are kept, `.storygen` in the
    current folder unless given.

    Raises: BadRequestError when nothing is given to look at, or a function is none.
    """

    def __init__(
        self,
        model: Any = None,
        dataset: Any = None,
        *,
        models: Mapping[str, Any] | Source[Model] | None = None,
        datasets: Mapping[str, Any] | Source[Any] | None = None,
        to_text: Callable[[Sample], str] | None = None,
        to_step: Callable[[Sample, Sequence[str]], str] | None = None,
        to_target: Callable[[Sample], str | None] | None = None,
        pages: Sequence[Component] | None = None,
        title: str = "Workbench",
        data_dir: str | Path = DATA_DIR,
    ) -> None:
        functions = Functions(to_text, to_step, to_target)
        for name in ("to_text", "to_step", "to_target"):
            given = getattr(functions, name)
            if given is not None and not callable(given):
                raise BadRequestError(f"{name} must be a function.")
        self.title, self.data_dir = title, Path(data_dir)
        self.pages = list(pages) if pages is not None else _built_in_pages()
        self.bench = Bench(
            WithServers(_models(model, models), Servers(self.data_dir)),
            _datasets(dataset, datasets),
            functions,
            self.data_dir,
        )

    def visits(self, tell: Tell) -> Visits:
        """The pages, ready to be opened. `tell(connection, message)` carries news."""
        from .host.visits import Visits

        return Visits(self.title, self.pages, self.bench, tell)

    @functools.cached_property
    def app(self) -> Flask:
        """A Flask application of it, for `flask --app … run`; prints the address that opens it."""
        from .host.standalone import make_app

        return make_app(self)

    def run(self, host: str = "127.0.0.1", port: int = 5001, *, open_browser: bool = True) -> None:
        """Serve it from this process until Ctrl+C. Port 0: any that is free."""
        from .host.standalone import serve

        serve(self, host, port, open_browser=open_browser)


def workbench_of(module: str) -> Workbench:
    """The workbench that a module makes: its one global of that type.

    `module` is a name, or the path of a .py file. Raises: BadRequestError where there is none, or several.
    """
    found = {
        id(value): value
        for value in vars(_imported(module)).values()
        if isinstance(value, Workbench)
    }
    if len(found) != 1:
        how = "no" if not found else "more than one"
        raise BadRequestError(
            f"{module} makes {how} Workbench. Give it one global, as in: bench = Workbench(…)."
        )
    return next(iter(found.values()))


def _imported(module: str) -> Any:
    path = Path(module)
    if path.suffix != ".py":
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(module)
    if not path.is_file():
        raise BadRequestError(f"There is no file {module}.")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def _models(model: Any, models: Any) -> Source[Model]:
    if isinstance(models, Mapping):
        named = dict(models)
    elif models is not None:
        source: Source[Model] = models
        return source
    else:
        named = {} if model is None else {_name_of(model): model}
    makers = {name: functools.partial(_as_model, name, one) for name, one in named.items()}
    return Given(makers, {name: _chats(one) for name, one in named.items() if _is_known(one)})


def _is_known(model: Any) -> bool:
    """Whether its abilities can be asked for without loading it or calling a server."""
    return isinstance(model, Model) and not isinstance(
        getattr(type(model), "abilities", None), property
    )


def _chats(model: Model) -> bool:
    return model.can(Ability.CHAT)


def _name_of(model: Any) -> str:
    if isinstance(model, str | Path):
        return Path(model).name
    return str(getattr(model, "name", "") or "model")


def _as_model(name: str, given: Any, job: Job) -> Model:
    if isinstance(given, Model):
        return given
    from .models.local import LocalModel

    parts = given if isinstance(given, tuple) else (given,)
    return LocalModel(*parts, name=name)


def _datasets(dataset: Any, datasets: Any) -> Source[Any]:
    if isinstance(datasets, Mapping):
        named = dict(datasets)
    elif datasets is not None:
        source: Source[Any] = datasets
        return source
    else:
        named = {} if dataset is None else {_dataset_name(dataset): dataset}
    return Given({name: functools.partial(_opened, name, one) for name, one in named.items()})


def _dataset_name(dataset: Any) -> str:
    return Path(dataset).name if isinstance(dataset, str | Path) else "data"


def _opened(name: str, dataset: Any, job: Job) -> Any:
    from .datasets.opening import open_dataset

    return open_dataset(dataset, name=name, job=job)


def _built_in_pages() -> list[Component]:
    from .pages import built_in_pages

    return built_in_pages()
