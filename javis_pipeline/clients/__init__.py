"""The only rooms that talk HTTP: one folder or module per remote system, on one transport."""
