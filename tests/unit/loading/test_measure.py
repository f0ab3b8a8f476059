"""Measuring on a machine that others use too, with a clock and models whose speeds the test decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import chain, cycle, repeat
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from storygen.engine.loading import measure


class Machine:
    """Where time passes only while models work: each step takes its time, times how busy others are."""

    def __init__(self, busy: Iterator[float]) -> None:
        self.now = 0.0
        self.busy = busy

    def clock(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds * next(self.busy)


class Model:
    """`seconds(threads)` is how long a step takes in fp32; in bf16 it is `gain` times faster.

    A pass of a few rows takes `few` steps.
    """

    config: Any = SimpleNamespace(
        get_text_config=lambda: SimpleNamespace(vocab_size=10, max_position_embeddings=512)
    )

    def __init__(
        self,
        machine: Machine,
        gain: float,
        seconds: Callable[[int], float] = lambda _: 0.04,
        few: float = 1.0,
    ) -> None:
        self.machine, self.gain, self.seconds, self.few = machine, gain, seconds, few
        self.in_bf16 = False

    def __deepcopy__(self, _: object) -> Model:
        return Model(self.machine, self.gain, self.seconds)

    def to(self, dtype: torch.dtype) -> Model:
        self.in_bf16 = dtype == torch.bfloat16
        return self

    def __call__(self, input_ids: torch.Tensor, **_: object) -> dict[str, Any]:
        seconds = self.seconds(torch.get_num_threads())
        if input_ids.shape[1] == measure.FEW_ROWS:
            seconds *= self.few
        self.machine.work(seconds / self.gain if self.in_bf16 else seconds)
        return {}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def chosen(busy: Iterator[float], gain: float) -> str:
    machine = Machine(busy)
    model = Model(machine, gain)
    return measure.measure(model, [1], try_bf16=True, clock=machine.clock).precision


def test_bf16_is_chosen_only_when_it_writes_clearly_faster() -> None:
    assert chosen(repeat(1.0), 1.2) == "fp32"
    assert chosen(repeat(1.0), 1.3) == "bf16"


@pytest.mark.parametrize("seed", range(20))
def test_another_program_that_comes_and_goes_changes_no_choice(seed: int) -> None:
    noise = random.Random(seed)

    def others() -> Iterator[float]:
        while True:
            yield from repeat(noise.choice((1.0, 1.5, 4.0)), noise.randrange(6, 14))

    assert chosen(others(), 0.9) == "fp32"
    assert chosen(others(), 1.8) == "bf16"


def test_a_program_that_is_there_only_at_first_does_not_make_fp32_look_slow() -> None:
    assert chosen(chain(repeat(4.0, 12), repeat(1.0)), 0.9) == "fp32"


def test_a_machine_that_grows_slower_all_the_time_favours_nobody() -> None:
    slower = (1.06**step for step in range(10_000))
    assert chosen(slower, 1.2) == "fp32"
    slower = (1.06**step for step in range(10_000))
    assert chosen(slower, 1.35) == "bf16"


def test_the_numbers_told_are_those_that_the_choice_was_made_by() -> None:
    machine = Machine(repeat(1.0))
    found = measure.measure(Model(machine, 1.5), [1], try_bf16=True, clock=machine.clock)
    assert (found.precision, found.threads) == ("bf16", 1)
    assert found.fp32_decode == pytest.approx(25)
    assert found.bf16_decode == pytest.approx(37.5)
    assert found.fp32_prefill == pytest.approx(128 / 0.04)


def test_the_fastest_number_of_threads_wins_and_a_draw_goes_to_fewer() -> None:
    def fastest(**seconds: float) -> int:
        machine = Machine(cycle((1.0, 3.0, 1.5, 1.0, 1.0)))
        model = Model(machine, 1.0, lambda threads: seconds[f"t{threads}"])
        return measure.measure(model, [1, 2, 3], try_bf16=False, clock=machine.clock).threads

    assert fastest(t1=0.1, t2=0.03, t3=0.05) == 2
    assert fastest(t1=0.1, t2=0.098, t3=0.097) == 1


def test_a_slow_model_is_measured_only_as_long_as_a_user_waits() -> None:
    machine = Machine(repeat(1.0))
    model = Model(machine, 1.0, lambda _: 10.0)
    measure.measure(model, [1], try_bf16=True, clock=machine.clock)
    assert machine.now <= 6 * 10.0  # a warm-up and a prompt for each, and one turn


def layout(gain: float, few_gain: float, busy: Iterator[float] | None = None) -> measure.Measured:
    machine = Machine(busy or repeat(1.0))
    model = Model(machine, 1.0, few=2.0)
    packed = Model(machine, 1.0, lambda _: 0.04 / gain, few=2.0 * gain / few_gain)
    return measure.measure(model, [1], try_bf16=False, clock=machine.clock, packer=lambda _: packed)


def test_weights_are_laid_out_anew_only_where_that_helps_a_few_rows_and_harms_nobody() -> None:
    assert layout(1.1, 2.0).packed
    assert layout(1.0, 1.2).packed
    assert not layout(1.3, 1.0).packed
    assert not layout(0.8, 2.0).packed
    assert layout(1.5, 2.0).fp32_decode == pytest.approx(1.5 * 25)


def test_other_programs_change_no_layout() -> None:
    assert not layout(0.8, 2.0, cycle((1.0, 3.0, 1.5, 1.0, 1.0))).packed
    assert layout(1.1, 2.0, cycle((1.0, 3.0, 1.5, 1.0, 1.0))).packed


def test_a_model_that_can_not_be_laid_out_anew_stays_as_it_is() -> None:
    class Refuses(Model):
        def __call__(self, input_ids: torch.Tensor, **_: object) -> dict[str, Any]:
            raise AttributeError("weight")

    machine = Machine(repeat(1.0))
    for packed in (None, Refuses(machine, 1.0)):
        found = measure.measure(
            Model(machine, 1.0), [1], False, machine.clock, packer=lambda _, it=packed: it
        )
        assert not found.packed
