"""The forms of answers of real sites, by hand: one module a service and edition."""
