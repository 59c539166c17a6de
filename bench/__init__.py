"""Measurements: `python -m bench` (or `make bench`), each beside a floor taken in the same run."""
