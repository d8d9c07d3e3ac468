"""`make bench-notifications`: how soon the travellers of a cancelled flight are told, how fast one worker drains a
day's mail, and whether a million sent messages slow the claim.

`python -m benchmarks.notifications --help`; what the figures mean: `docs/benchmarks.md`.
"""
