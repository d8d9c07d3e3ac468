"""`make bench-limits`: whether limits hold for many callers at once, and what honest ones notice of the others.

`python -m benchmarks.limits --help`; what the figures mean: `docs/benchmarks.md`.
"""
