"""What may go wrong: one module a kind, each with a pure `find(facts)`."""
