"""A turn goes to who waited longest, and never to two."""

from __future__ import annotations

import threading

from storygen.workbench.models.turns import Turns


def test_one_who_takes_turn_after_turn_lets_others_in_between() -> None:
    turns, order, waiting = Turns(), [], threading.Event()
    holding = threading.Event()

    def again_and_again() -> None:
        for _ in range(200):
            with turns:
                holding.set()
                order.append("many")
                if len(order) == 1:
                    waiting.wait(10)
                    while not turns._gates:  # the other one stands in the row
                        pass

    def once() -> None:
        holding.wait(10)
        waiting.set()
        with turns:
            order.append("once")

    threads = [threading.Thread(target=work) for work in (again_and_again, once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert order[:3] == ["many", "once", "many"]


def test_never_two_at_once() -> None:
    turns, inside, most = Turns(), [0], [0]

    def work() -> None:
        for _ in range(300):
            with turns:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1]


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            with turns:
                raise KeyError
        except KeyError:
            pass


def test_of_several_who_wait_the_first_comes_first() -> None:
    turns, order = Turns(), list[int]()

    def work(number: int) -> None:
        with turns:
            order.append(number)

    threads = []
    with turns:
        for number in range(3):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while len(turns._gates) <= number:  # it stands in the row now
                pass
    for thread in threads:
        thread.join(20)
    assert order == [0, 1, 2]
