"""`make bench-search`: searches a second beside what the server could do at best, growth, a soak, a timetable.

`python -m benchmarks.search --help`; what the figures mean: `docs/benchmarks.md`.
"""
