"""`make bench-stream`: how many price streams one process holds open, their memory, and how soon a change arrives.

`python -m benchmarks.stream --help`; what the figures mean: `docs/benchmarks.md`.
"""
