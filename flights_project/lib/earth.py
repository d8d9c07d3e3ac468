"""Distances on the Earth."""

from math import asin, cos, radians, sin, sqrt

RADIUS_KM = 6371


def great_circle_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Kilometres between two points (latitude, longitude, in degrees) by the haversine formula."""
    north, south = radians(end[0]), radians(start[0])
    east = radians(end[1] - start[1])
    chord = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * RADIUS_KM * asin(min(1.0, sqrt(chord)))
