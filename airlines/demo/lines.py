"""The sheet of the demo's timetable: what each airplane flies on each day, in local times.

A line of flying starts and ends at its base. It is flown by one airplane, or in turn by as many as the days it
takes, and is made of rotations: out with an odd number, back with the even one after it.
"""

import re
from dataclasses import dataclass
from datetime import time

SHEET = """
# base, type, airplanes | number, to, time out / time back (none: after the turnaround), weekdays (none: daily)
DEL 32Q KBA     | 301 BOM 0600, 341 BLR 1130, 305 BOM 1825
DEL 32Q KBB     | 343 BLR 0530, 303 BOM 1225
DEL 32N KAA     | 361 HYD 0540, 381 CCU 1115, 363 HYD 1700
DEL 32N KAB     | 383 CCU 0615, 345 BLR 1200, 421 LKO 1845
DEL 32N KAC     | 401 MAA 0525, 365 HYD 1215, 423 LKO 1750
DEL 32N KAD     | 441 PNQ 0645, 403 MAA 1210, 431 AMD 1900
DEL 32N KAE     | 451 GOI 0555, 385 CCU 1210, 481 JAI 1755
DEL 32N KAF     | 491 SXR 0630, 461 GAU 1035, 425 LKO 1640
DEL 32N KAG     | 457 COK 0610, 347 BLR 1345
DEL 32N KAH     | 411 PAT 0750, 453 GOI 1225, 471 ATQ 1840
DEL 32N KAI     | 415 BBI 0710, 495 VNS 1250, 483 IDR 1705
DEL 32N KAJ     | 459 TRV 0620, 417 IXB 1415
DEL 32N KAK     | 419 NAG 0805, 413 PAT 1240, 205 DXB 1715
DEL 32Q KBC     | 201 DXB 0600, 211 BKK 1400
DEL AT7 KTA     | 2401 JAI 0640, 2411 LKO 1005, 2421 IXC 1410, 2431 ATQ 1735
DEL AT7 KTB     | 2441 UDR 0715, 2423 IXC 1150, 2403 JAI 1515

BOM 32Q KBD     | 311 DEL 0610, 521 BLR 1140, 315 DEL 1730
BOM 32Q KBE     | 551 MAA 0715, 313 DEL 1230
BOM 32N KAL     | 541 HYD 0640, 591 COK 1045, 525 BLR 1550
BOM 32N KAM     | 561 CCU 0720, 523 BLR 1355
BOM 32N KAN     | 571 AMD 0550, 553 MAA 0925, 543 HYD 1430, 581 GOI 1835
BOM 32N KAO     | 593 COK 0630, 611 JAI 1135, 555 MAA 1620
BOM 32N KAP     | 621 VNS 0600, 631 PAT 1135, 641 NAG 1740
BOM 32Q KBF     | 203 DXB 0545, 213 BKK 1305
BOM AT7 KTC     | 2501 GOI 0650, 2511 AMD 1055, 2521 IDR 1510

BLR 32N KCA     | 701 HYD 0600, 711 CCU 0945, 721 COK 1605
BLR 32N KCB     | 751 LKO 0715, 731 PNQ 1330, 723 COK 1745
BLR 32N KCC     | 753 JAI 0655, 755 TRV 1310, 741 GOI 1705
BLR 32Q KBG     | 223 SIN 0700, 243 CMB 1725
BLR AT7 KTD     | 2601 MAA 0630, 2611 CJB 1005, 2621 COK 1330, 2631 HYD 1725

HYD 32N KCD     | 801 MAA 0610, 803 PNQ 0955, 805 AMD 1340, 807 VTZ 1825
HYD 32N KCE     | 207 DXB 0800, 809 BBI 1645
MAA 32N KCF     | 831 COK 0620, 833 CCU 1010, 835 TRV 1605
MAA 32Q KBH     | 221 SIN 0640, 241 CMB 1625
MAA 32Q KBI     | 231 KUL 0730, 837 HYD 1635
COK 32N KCG     | 209 DXB 0815, 839 HYD 1730
CCU 32N KCH     | 901 GAU 0530, 911 IXB 0915, 921 MAA 1250, 905 GAU 1845
CCU 32Q KBJ     | 215 BKK 0800, 903 GAU 1440
CCU AT7 KTE     | 2901 BBI 0610, 2911 PAT 1005, 2921 IXB 1430

DEL 77W KWA+KWB | 101 JFK 0200/1100
DEL 789 KDA+KDB | 107 EWR 0130/1030 135, 115 LGW 1300/1930 2467
DEL 77W KWC+KWD | 105 YYZ 0300/1130
DEL 789 KDC     | 111 LHR 1330/2030
DEL 77W KWG     | 113 LHR 0245/1000
DEL 789 KDF     | 121 FRA 1300/2000
DEL 789 KDH     | 131 CDG 1320/2100
DEL 789 KDI+KDJ | 151 SYD 1315/1000 1357, 153 MEL 1415/1045 246
DEL 789 KDK     | 161 HND 2000/1030
DEL 789 KDL     | 217 DXB 1345/1700, 227 SIN 2315/0900
BOM 77W KWE+KWF | 103 EWR 0130/1130
BOM 77W KWH     | 117 LHR 1310/2045
BOM 789 KDG     | 123 FRA 0245/1030
BOM 789 KDM     | 219 DXB 1400/1715, 225 SIN 2330/0900
BLR 789 KDD+KDE | 119 LHR 1320/2100 1357, 125 FRA 0300/1100 246
"""

SPARES = {"KAZ": "32N", "KBZ": "32Q", "KDZ": "789", "KTZ": "AT7", "KWZ": "77W"}
"""Airplanes that stand by, for the day one in the sheet has to be replaced."""

ROTATION = re.compile(r"(\d+) ([A-Z]{3}) (\d{4})(?:/(\d{4}))?(?: ([1-7]+))?")
DAILY = "1234567"


@dataclass(frozen=True, slots=True)
class Rotation:
    """Out with `number`, back with the next one."""

    number: int
    destination: str
    leaves: time
    returns: time | None
    """Local time at the destination; None for as soon as the airplane is ready."""
    weekdays: frozenset[int]
    """Days it leaves the base, 1 for Monday as in IATA's days of operation."""


@dataclass(frozen=True, slots=True)
class Line:
    base: str
    equipment: str
    airplanes: tuple[str, ...]
    rotations: tuple[Rotation, ...]


def _line(row: str) -> Line:
    head, _, rotations = row.partition("|")
    base, equipment, airplanes = head.split()
    return Line(base, equipment, tuple(airplanes.split("+")), tuple(rotation(text) for text in rotations.split(",")))


def rotation(text: str) -> Rotation:
    """One entry of the sheet, such as `119 LHR 1320/2100 1357`. Raises ValueError for anything else."""
    match = ROTATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"Not a rotation: {text}")
    number, destination, leaves, returns, weekdays = match.groups()
    return Rotation(
        number=int(number),
        destination=destination,
        leaves=_time(leaves),
        returns=_time(returns) if returns else None,
        weekdays=frozenset(map(int, weekdays or DAILY)),
    )


def _time(digits: str) -> time:
    return time(int(digits[:2]), int(digits[2:]))


LINES = tuple(_line(row) for row in SHEET.splitlines() if row and not row.startswith("#"))
