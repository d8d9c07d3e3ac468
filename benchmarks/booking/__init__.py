"""`make bench-booking`: how many bookings a second are held and paid over HTTP, and how many PostgreSQL could.

`python -m benchmarks.booking --help`; what the figures mean: `docs/benchmarks.md`.
"""
