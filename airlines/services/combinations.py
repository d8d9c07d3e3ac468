"""Whole journeys of one choice a slice, the best first: pure calculation, no database.

There may be thousands of journeys; the best of them are found without making the others. Every choice has a cost, a
journey's is the sum. For each choice it is known what the rest of the journey costs at least, with flights that leave
after it has landed; a heap then opens journeys in exactly the order of their cost, looking at a few for each it gives.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Generic, NamedTuple, Protocol, TypeVar


class Choice(Protocol):
    """One way to fly a slice. Instants are seconds of the epoch."""

    @property
    def departs(self) -> int: ...

    @property
    def arrives(self) -> int: ...


C = TypeVar("C", bound=Choice)


class Ranked(NamedTuple, Generic[C]):
    """A choice with its own cost, and the least cost of a journey from it to the end."""

    at_least: int
    cost: int
    order: int
    """Which comes first among equals."""
    choice: C


@dataclass(frozen=True, slots=True)
class Rest:
    """What the rest of a journey costs at least, by when it may begin."""

    departures: Sequence[int]
    """In order."""
    costs: Sequence[int]
    """The least of all that leave then or later."""

    def after(self, instant: int) -> int | None:
        """The least cost of leaving at `instant` or later, None where that is not possible."""
        index = bisect_left(self.departures, instant)
        return self.costs[index] if index < len(self.costs) else None


def rest_of(choices: Iterable[tuple[int, int]]) -> Rest:
    """The rest of journeys that go on by one of `choices`: (departure, cost from there to the end)."""
    departures: list[int] = []
    costs: list[int] = []
    for departs, cost in sorted(choices, reverse=True):
        departures.append(departs)
        costs.append(min(cost, costs[-1]) if costs else cost)
    return Rest(departures[::-1], costs[::-1])


def ranked(slices: Sequence[Sequence[tuple[int, C]]], stay: int) -> list[list[Ranked[C]]]:
    """For each slice the choices that a whole journey can be made with, best journey first.

    `slices` have (cost, choice); between two slices there are at least `stay` seconds on the ground.
    """
    done: list[list[Ranked[C]]] = []
    rest: Rest | None = None
    for choices in reversed(slices):
        possible: list[Ranked[C]] = []
        for order, (cost, choice) in enumerate(choices):
            onward = 0 if rest is None else rest.after(choice.arrives + stay)
            if onward is not None:
                possible.append(Ranked(cost + onward, cost, order, choice))
        possible.sort()
        done.append(possible)
        rest = rest_of((each.choice.departs, each.at_least) for each in possible)
    return done[::-1]


class _Open(NamedTuple, Generic[C]):
    """Journeys that begin with `so_far` and go on with what has this `place` in their next slice, or a later one."""

    at_least: int
    turn: int
    family: int
    place: int
    cost: int
    so_far: tuple[C, ...]


def best_first(families: Sequence[Sequence[Sequence[Ranked[C]]]], stay: int) -> Iterator[tuple[C, ...]]:
    """Journeys in order of cost, each with all its slices of one of `families` (see `ranked`)."""
    heap: list[_Open[C]] = []
    turn = count()

    def open_next(family: int, place: int, cost: int, so_far: tuple[C, ...]) -> None:
        choices = families[family][len(so_far)]
        ready = so_far[-1].arrives + stay if so_far else None
        while place < len(choices) and ready is not None and choices[place].choice.departs < ready:
            place += 1
        if place < len(choices):
            heappush(heap, _Open(cost + choices[place].at_least, next(turn), family, place, cost, so_far))

    for family in range(len(families)):
        open_next(family, 0, 0, ())
    while heap:
        _least, _turn, family, place, cost, so_far = heappop(heap)
        taken = families[family][len(so_far)][place]
        journey = (*so_far, taken.choice)
        open_next(family, place + 1, cost, so_far)
        if len(journey) == len(families[family]):
            yield journey
        else:
            open_next(family, 0, cost + taken.cost, journey)
