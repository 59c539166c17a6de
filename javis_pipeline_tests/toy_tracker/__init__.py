"""A third system for the tests: a tracker of items with three fields over HTTP, plugged into the same ports."""
