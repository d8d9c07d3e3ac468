"""Charts drawn on the server: a line that moves in steps, as points of an SVG. A table beside it has the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT, MARGIN = 640, 160, 8


@dataclass(frozen=True, slots=True)
class StepChart:
    """`points` of a polyline within `WIDTH` by `HEIGHT`, and the values at the top and at the bottom."""

    points: str
    lowest: float
    highest: float
    width: int = WIDTH
    height: int = HEIGHT


def step_chart(values: Sequence[tuple[float, float]]) -> StepChart | None:
    """A line through `values` (x ascending, y) that stays level until the next x; None for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 -- a line has two ends
        return None
    left, right = values[0][0], values[-1][0]
    lowest, highest = min(y for _, y in values), max(y for _, y in values)

    def at(x: float, y: float) -> str:
        across = (x - left) / ((right - left) or 1) * WIDTH
        up = (y - lowest) / ((highest - lowest) or 1) * (HEIGHT - 2 * MARGIN)
        return f"{across:.1f},{HEIGHT - MARGIN - up:.1f}"

    corners = [at(*values[0])]
    for (_, before), (x, y) in pairwise(values):
        corners += [at(x, before), at(x, y)]
    return StepChart(" ".join(corners), lowest, highest)
