"""What docs/performance.md quotes, runnable by anyone: `make bench`, or `python -m benchmarks NAME`.

All costs are CPU seconds of database and application, as a ratio to a peer or to the raw SQL in the same run.
"""
