"""The database: one module per table or view, SQL beside it, and how to get a connection."""
