"""`javis init`: a settings file to fill in, and the one home that everything is kept in."""

from pathlib import Path

import click


@click.command()
def command() -> None:
    """Make .env in this folder, to be filled in, and the home of the database and of Dagster's runs.

    The file also tells `dagster` and `dg`, started in this folder, to use that home; without it they would keep their
    runs in a temporary one. A .env that is there stays as it is.
    """
    from javis_pipeline.cli.instance import use_dagster_home
    from javis_pipeline.cli.lines import say
    from javis_pipeline.home import SETTINGS_EXAMPLE
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    home = use_dagster_home(settings)
    say(f"Home      {settings.javis_home}")
    file = Path(".env")
    line = f"DAGSTER_HOME={home}"
    if file.exists():
        known = file.read_text(encoding="utf-8").splitlines()
        say(f"Settings  {file.absolute()} was there already, and was not changed", hang=10)
        if not any(entry.startswith("DAGSTER_HOME=") for entry in known):
            say(f"For dagster and dg to use the same home, add: {line}")
    else:
        file.touch(mode=0o600)
        file.write_text(SETTINGS_EXAMPLE.read_text(encoding="utf-8") + _FOR_DAGSTER + f"{line}\n", encoding="utf-8")
        say(f"Settings  {file.absolute()} (only you can read it)", hang=10)
    say("Next: fill in JIRA_URL, JIRA_EMAIL, JIRA_TOKEN and JIRA_PROJECTS, then javis doctor; or javis demo")


_FOR_DAGSTER = "\n# So that `dagster` and `dg`, started in this folder, use the same runs and schedules as `javis`.\n"
