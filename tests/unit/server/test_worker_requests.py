"""Questions to workers, with a worker that does what a test says."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from storygen.errors import ModelError
from storygen.link.messages import CancelRequest, Command, Event, ScoreText, TextScored
from storygen.server.loop import make_loop
from storygen.server.workers.questions import WorkerRequests
from tests.server_process import wait_until


@dataclass
class Part:
    """An answer that others follow."""

    request: str
    partial: bool = True


class Models:
    """Stands in for `Workers`: what is ready, what was asked for, what was sent."""

    def __init__(self) -> None:
        self.ready: dict[str, int] = {}
        self.ensured: list[str] = []
        self.sent: Queue[tuple[str, Command]] = Queue()

    def window(self, key: str) -> int | None:
        return self.ready.get(key)

    def ensure(self, key: str) -> None:
        self.ensured.append(key)

    def send(self, key: str, command: Command) -> None:
        self.sent.put((key, command))


class Asking:
    """A question that is asked in a task of its own."""

    def __init__(self, requests: WorkerRequests, request: str, hear: Any = None) -> None:
        self.answer: Any = None
        self.error: ModelError | None = None
        self._thread = Thread(target=self._ask, args=(requests, request, hear), daemon=True)
        self._thread.start()

    def _ask(self, requests: WorkerRequests, request: str, hear: Any) -> None:
        try:
            self.answer = requests.ask("big", ScoreText(request, "Once"), hear=hear)
        except ModelError as error:
            self.error = error

    def end(self) -> Asking:
        self._thread.join(5.0)
        assert not self._thread.is_alive()
        return self


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def requests(models: Models) -> WorkerRequests:
    return WorkerRequests(make_loop("threading"), models)


def said(request: str) -> Event:
    return TextScored(request, ())


def test_an_answer_goes_to_who_asked_and_to_nobody_else(
    requests: WorkerRequests, models: Models
) -> None:
    models.ready["big"] = 100
    first, second = Asking(requests, "one"), Asking(requests, "two")
    for _ in range(2):
        models.sent.get(timeout=5)
    requests.worker_said("big", said("two"))
    assert second.end().answer == said("two")
    assert first.answer is None
    requests.worker_said("big", said("one"))
    assert first.end().answer == said("one")


def test_parts_are_heard_before_the_answer_comes(requests: WorkerRequests, models: Models) -> None:
    models.ready["big"] = 100
    parts: list[Any] = []
    asking = Asking(requests, "one", parts.append)
    models.sent.get(timeout=5)
    requests.worker_said("big", Part("one"))  # type: ignore[arg-type]
    assert parts == [Part("one")]
    assert asking.answer is None
    requests.worker_said("big", said("one"))
    assert asking.end().answer == said("one")


def test_a_model_that_is_not_loaded_is_loaded_first(
    requests: WorkerRequests, models: Models
) -> None:
    asking = Asking(requests, "one")
    wait_until(lambda: models.ensured == ["big"], "it is asked for")
    assert models.sent.empty()
    assert requests.models_in_use() == {"big"}
    models.ready["big"] = 100
    requests.model_ready("big", 100)
    assert models.sent.get(timeout=5) == ("big", ScoreText("one", "Once"))
    requests.worker_said("big", said("one"))
    asking.end()
    assert requests.models_in_use() == set()


def test_a_worker_that_goes_is_told_to_who_asked(requests: WorkerRequests, models: Models) -> None:
    models.ready["big"] = 100
    asking = Asking(requests, "one")
    models.sent.get(timeout=5)
    requests.model_gone("big", "")
    assert "try again" in str(asking.end().error)


def test_who_waits_for_a_model_goes_on_waiting_when_its_worker_starts_again(
    requests: WorkerRequests, models: Models
) -> None:
    asking = Asking(requests, "one")
    wait_until(lambda: models.ensured == ["big"], "it is asked for")
    requests.model_gone("big", "")
    assert asking.error is None
    requests.model_gone("big", "It is too large.")
    assert str(asking.end().error) == "It is too large."


def test_another_worker_cannot_answer(requests: WorkerRequests, models: Models) -> None:
    models.ready["big"] = 100
    asking = Asking(requests, "one")
    models.sent.get(timeout=5)
    assert requests.worker_said("small", said("one"))
    assert asking.answer is None
    requests.worker_said("big", said("one"))
    assert asking.end().answer == said("one")


def test_a_question_can_be_cancelled_while_it_is_asked(
    requests: WorkerRequests, models: Models
) -> None:
    models.ready["big"] = 100
    asking = Asking(requests, "one")
    models.sent.get(timeout=5)
    requests.cancel("one")
    assert models.sent.get(timeout=5) == ("big", CancelRequest("one"))
    requests.worker_said("big", said("one"))
    asking.end()
    requests.cancel("one")
    assert models.sent.empty()


def test_an_event_about_a_run_is_not_an_answer(requests: WorkerRequests) -> None:
    from storygen.link.messages import RunPaused

    assert not requests.worker_said("big", RunPaused("run", 1))
    assert requests.worker_said("big", said("nobody asked"))
