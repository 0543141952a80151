"""The benchmark: Hearth beside its limits and PostGraphile, in turn, with the same answers.

`make bench` measures requests; `make bench-growth` the statements behind them as tables grow.
Neither is part of `make test`.
"""
