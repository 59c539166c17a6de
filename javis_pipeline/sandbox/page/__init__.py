"""The page at `/`: the sandbox as people see it in a browser, with forms and buttons that work."""
