"""Stand-ins for Jira, Confluence, Slack and Claude that speak over HTTP, as awkward as the real services.

Apart from the rest of the product: nothing here imports the pipeline, and only the command line imports this.

    clock, people, credentials   what all services share: time, accounts, tokens
    faults, exchanges            what goes wrong and when; what was asked
    ground, world                all of that in one object; the same with the four services on it
    app, server                  the ASGI application; the process or thread that serves it
    jira/ confluence/ slack/ claude/   one service each: `site.py` is its state, `routes.py` its HTTP face
"""
