"""One folder is one system: what it plugs into the ports of `steps`. Systems never meet; only `wiring` names them."""
