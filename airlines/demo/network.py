"""Where the demo's airline flies: real airports, under the city names that travellers use."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import cache

import airportsdata

from flights_project.lib.earth import great_circle_km


@dataclass(frozen=True, slots=True)
class Stop:
    """An airport in the airline's words; what is the same for every airline comes from `airportsdata`."""

    iata: str
    city: str
    domestic_terminal: str = ""
    international_terminal: str = ""
    city_code: str = ""
    """Where several airports share a city and IATA's metropolitan area is unknown to `airportsdata`."""
    name: str = ""
    """Where `airportsdata` has an old or an odd one."""


STOPS = (
    Stop("DEL", "New Delhi", "3", "3"),
    Stop("BOM", "Mumbai", "2", "2", name="Chhatrapati Shivaji Maharaj International Airport"),
    Stop("BLR", "Bengaluru", "2", "2", name="Kempegowda International Airport"),
    Stop("MAA", "Chennai", "4", "2"),
    Stop("CCU", "Kolkata"),
    Stop("HYD", "Hyderabad", name="Rajiv Gandhi International Airport"),
    Stop("GOI", "Goa"),
    Stop("PNQ", "Pune", "2"),
    Stop("AMD", "Ahmedabad", "1", "2"),
    Stop("COK", "Kochi", "1", "3"),
    Stop("JAI", "Jaipur", "2"),
    Stop("LKO", "Lucknow", "3"),
    Stop("GAU", "Guwahati"),
    Stop("IXC", "Chandigarh", name="Shaheed Bhagat Singh International Airport"),
    Stop("SXR", "Srinagar"),
    Stop("PAT", "Patna"),
    Stop("BBI", "Bhubaneswar", "1"),
    Stop("TRV", "Thiruvananthapuram", "1", name="Thiruvananthapuram International Airport"),
    Stop("NAG", "Nagpur"),
    Stop("IDR", "Indore"),
    Stop("VNS", "Varanasi"),
    Stop("ATQ", "Amritsar", name="Sri Guru Ram Dass Jee International Airport"),
    Stop("VTZ", "Visakhapatnam", name="Visakhapatnam International Airport"),
    Stop("IXB", "Bagdogra"),
    Stop("UDR", "Udaipur"),
    Stop("CJB", "Coimbatore"),
    Stop("DXB", "Dubai", international_terminal="1"),
    Stop("SIN", "Singapore", international_terminal="3"),
    Stop("BKK", "Bangkok"),
    Stop("KUL", "Kuala Lumpur", international_terminal="1"),
    Stop("CMB", "Colombo", name="Bandaranaike International Airport"),
    Stop("HND", "Tokyo", international_terminal="3", name="Tokyo Haneda Airport"),
    Stop("LHR", "London", international_terminal="4"),
    Stop("LGW", "London", international_terminal="S"),
    Stop("FRA", "Frankfurt", international_terminal="1", name="Frankfurt Airport"),
    Stop("CDG", "Paris", international_terminal="2C", name="Paris Charles de Gaulle Airport"),
    Stop("JFK", "New York", international_terminal="4", name="John F. Kennedy International Airport"),
    Stop("EWR", "New York", international_terminal="B", city_code="NYC"),
    Stop("YYZ", "Toronto", international_terminal="1"),
    Stop("SYD", "Sydney", international_terminal="1"),
    Stop("MEL", "Melbourne", international_terminal="2", name="Melbourne Airport"),
)


OTHER_NAMES = {
    "DEL": "नई दिल्ली",
    "BOM": "Bombay मुंबई मुम्बई बंबई",
    "BLR": "Bangalore बेंगलुरु बैंगलोर बंगलौर",
    "MAA": "Madras चेन्नई मद्रास",
    "CCU": "Calcutta कोलकाता कलकत्ता",
    "HYD": "हैदराबाद",
    "GOI": "Panaji Panjim गोवा पणजी",
    "PNQ": "Poona पुणे",
    "AMD": "Amdavad अहमदाबाद",
    "COK": "Cochin Ernakulam कोच्चि कोचीन",
    "JAI": "जयपुर",
    "LKO": "लखनऊ",
    "GAU": "Gauhati गुवाहाटी",
    "IXC": "Mohali चंडीगढ़",
    "SXR": "Kashmir श्रीनगर",
    "PAT": "पटना",
    "BBI": "भुवनेश्वर",
    "TRV": "Trivandrum तिरुवनंतपुरम त्रिवेंद्रम",
    "NAG": "नागपुर",
    "IDR": "इंदौर",
    "VNS": "Banaras Benares Kashi वाराणसी बनारस काशी",
    "ATQ": "अमृतसर",
    "VTZ": "Vizag Waltair विशाखापत्तनम",
    "IXB": "Siliguri Darjeeling बागडोगरा सिलीगुड़ी",
    "UDR": "उदयपुर",
    "CJB": "Kovai कोयंबटूर",
    "DXB": "दुबई",
    "SIN": "सिंगापुर",
    "BKK": "बैंकॉक",
    "KUL": "कुआलालंपुर",
    "CMB": "कोलंबो",
    "TYO": "टोक्यो",
    "LON": "लंदन",
    "FRA": "फ्रैंकफर्ट",
    "PAR": "पेरिस",
    "NYC": "न्यूयॉर्क",
    "YTO": "टोरंटो",
    "SYD": "सिडनी",
    "MEL": "मेलबर्न",
}
"""What else travellers type for a city, by its code: what it was called, what stands beside it, and its Hindi name."""


CONNECTIONS = {
    # minutes domestic to domestic, domestic to international, international to domestic, between two international ones
    "DEL": (60, 120, 120, 90),
    "BOM": (60, 120, 120, 90),
    "BLR": (50, 100, 100, 75),
    "HYD": (45, 90, 90, 75),
    "MAA": (60, 120, 120, 90),
    "CCU": (45, 90, 90, 75),
    "COK": (45, 90, 90, 60),
    "DXB": (60, 75, 75, 75),
    "SIN": (60, 60, 60, 60),
    "LHR": (75, 90, 90, 75),
    "FRA": (45, 60, 60, 60),
    "JFK": (60, 120, 135, 120),
}
"""Where they are not the usual ones."""
CHANGES = (("LHR", "LGW", 210), ("LGW", "LHR", 210), ("JFK", "EWR", 300), ("EWR", "JFK", 300))
"""Minutes from one airport of a city to another, of whatever kind the flights are."""
KINDS = ("DD", "DI", "ID", "II")


def connection_times() -> Iterator[tuple[str, str | None, str, int]]:
    """Airport of landing, another of leaving or None, kind, minutes."""
    for airport, times in CONNECTIONS.items():
        for kind, minutes in zip(KINDS, times, strict=True):
            yield airport, None, kind, minutes
    for landing, leaving, minutes in CHANGES:
        for kind in KINDS:
            yield landing, leaving, kind, minutes


NEVER = (None, None)
CURFEWS = {"FRA": (time(23), time(5)), "SYD": (time(23), time(6))}
"""Local hours in which nobody takes off or lands (Frankfurt since 2011, Sydney by its Curfew Act of 1995)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything about an airport that is served."""

    iata: str
    icao: str
    name: str
    city: str
    city_code: str
    country: str
    latitude: float
    longitude: float
    zone: str
    domestic_terminal: str
    international_terminal: str


@cache
def places() -> dict[str, Place]:
    """The airports served, by IATA code."""
    return {stop.iata: place_of(stop) for stop in STOPS}


def place_of(stop: Stop) -> Place:
    """What `stop` says, and what `airportsdata` knows beside it."""
    airport = _airports()[stop.iata]
    return Place(
        iata=stop.iata,
        icao=airport["icao"],
        name=stop.name or airport["name"],
        city=stop.city,
        city_code=stop.city_code or _metropolitan_areas().get(stop.iata, stop.iata),
        country=airport["country"],
        latitude=airport["lat"],
        longitude=airport["lon"],
        zone=airport["tz"],
        domestic_terminal=stop.domestic_terminal,
        international_terminal=stop.international_terminal,
    )


@cache
def _airports() -> dict[str, airportsdata.Airport]:
    return airportsdata.load("IATA")


@cache
def _metropolitan_areas() -> dict[str, str]:
    """The city code of each airport that shares one: LON for LHR."""
    areas = airportsdata.load_iata_macs()
    return {iata: code for code, area in areas.items() for iata in area["airports"]}


@cache
def distance_km(origin: str, destination: str) -> float:
    """Along the great circle."""
    start, end = places()[origin], places()[destination]
    return great_circle_km((start.latitude, start.longitude), (end.latitude, end.longitude))


def degrees_east(origin: str, destination: str) -> float:
    """How far east the destination lies, the short way round: from -180 to 180."""
    return (places()[destination].longitude - places()[origin].longitude + 180) % 360 - 180


def is_domestic(origin: str, destination: str) -> bool:
    return places()[origin].country == places()[destination].country


def terminals(origin: str, destination: str) -> tuple[str, str]:
    """Where a flight leaves from and arrives at; empty where the airport has one terminal."""
    ends = places()[origin], places()[destination]
    if is_domestic(origin, destination):
        return ends[0].domestic_terminal, ends[1].domestic_terminal
    return ends[0].international_terminal, ends[1].international_terminal
