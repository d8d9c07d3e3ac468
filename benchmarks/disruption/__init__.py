"""`make bench-disruption`: a flight with 180 travellers on 95 bookings is cancelled, everybody is rebooked and told.

`python -m benchmarks.disruption --help`; what the figures mean: `docs/benchmarks.md`.
"""
