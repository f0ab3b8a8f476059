"""How a talk is led: with which model or server, system prompt, template and sampling parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError
from ..elements import Collapsible, Element, Number, Option, Panel, Row, Select, TextInput
from ..jobs import Job
from ..models.servers import WithServers
from ..models.talk_template import TalkTemplate, read_template
from .chat_servers import ServersForm
from .sampling_form import SamplingForm

MOST_SEED = 2**31 - 1
CHAT, TEXT = "chat", "text"


@dataclass(frozen=True, slots=True)
class How:
    """What stood in the settings when an answer was asked for. `plain`: as text, by the template."""

    model: str
    params: dict[str, Any]
    seed: int
    template: TalkTemplate
    plain: bool


class ChatSettings:
    """`element` is to be laid on a page. `on_change()` is called when there are other models."""

    def __init__(
        self,
        sources: WithServers,
        system: str,
        template: str,
        job: Callable[[], Job],
        on_system: Callable[[str], Any],
        on_change: Callable[[], Any],
    ) -> None:
        self._sources, self._on_change = sources, on_change
        self._model = Select("Model", [])
        self._system = TextInput("System prompt", system, on_system, lines=3)
        self._as = Select(
            "Sent",
            [
                Option(CHAT, "as the model's own chat", "by the template below if it has none"),
                Option(TEXT, "as plain text", "by the template below"),
            ],
        )
        self._template = TextInput("Template", template, lines=5)
        self._template.hint = "What stands around {user} and {assistant} is repeated for each turn."
        self._form = SamplingForm()
        self._seed = Number("Seed", 1, low=0, high=MOST_SEED)
        self._seed.hint = "Another answer to the same turn has the next seed."
        self._servers = ServersForm(sources.servers, job, self._other_servers)
        self.offer()

    @property
    def element(self) -> Element:
        """What to lay on a page."""
        return Panel(
            self._model,
            self._servers.element,
            self._system,
            Row(self._as, self._seed),
            Collapsible("Template for plain text", self._template),
            *self._form.elements,
            title="How to talk",
        )

    @property
    def model(self) -> str:
        """The name of the model; "" where there is none."""
        return self._model.value

    @property
    def system(self) -> str:
        """The system prompt."""
        return self._system.value

    @system.setter
    def system(self, text: str) -> None:
        self._system.value = text

    def how(self) -> How:
        """What stands in it. Raises: BadRequestError, naming what is wrong."""
        if not self.model:
            raise BadRequestError("There is no model. Add one first, or a server.")
        return How(
            self.model,
            self._form.params(),
            self._seed.whole,
            read_template(self._template.value),
            self._as.value == TEXT,
        )

    def offer(self, name: str = "") -> None:
        """The models there are, with `name` chosen, or what was chosen before."""
        offers = self._sources.offers()
        names = [one.name for one in offers]
        usable = [one.name for one in offers if not one.problem] or names
        self._model.options = tuple(
            Option(one.name, one.name, one.problem or one.note) for one in offers
        )
        wanted = name or self._model.value
        self._model.value = wanted if wanted in names else next(iter(usable), "")

    def _other_servers(self, name: str) -> None:
        self.offer(name)
        self._on_change()
