"""From a work context to ranked, grounded suggestions. Pure: the call to Claude itself is in `clients`."""
