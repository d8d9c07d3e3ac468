"""`make chaos`: processes and PostgreSQL are killed under load, and then nothing must be lost, doubled or stuck.

`python -m benchmarks.chaos --help`; what is killed and what is proven: `docs/architecture/faults.md`.
"""
