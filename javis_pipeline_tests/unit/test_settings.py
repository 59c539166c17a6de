"""Settings: what is read, in which form, and what a person is told when it is wrong."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from javis_pipeline.errors import SettingError
from javis_pipeline.records.retention import KeepDays
from javis_pipeline.setting_types import ProjectSpace
from javis_pipeline.settings import Settings, load_settings, settings_origin
from javis_pipeline_tests.sites import made_settings

JIRA = {"JIRA_URL": "https://acme.atlassian.net", "JIRA_EMAIL": "ann@acme.com", "JIRA_TOKEN": "s3cret-token"}


@pytest.fixture
def load(monkeypatch):
    """Loads settings from exactly the given variables."""

    def _load(**variables: str) -> Settings:
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in {"JAVIS_ENV_FILE": os.devnull, **variables}.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return _load


def test_given_nothing_set_when_loaded_then_every_setting_has_its_default(load):
    settings = load()

    assert settings.database_url is None
    assert settings.jira_projects == ()
    assert settings.partitions == ()
    assert settings.javis_timezone == ZoneInfo("UTC")
    assert settings.javis_home.is_absolute()
    assert settings.javis_home.name == ".javis"
    assert settings.javis_executor == "in_process"
    assert settings.javis_autostart is False
    assert settings.claude() is None


def test_given_lists_when_loaded_then_they_are_typed_and_without_duplicates(load):
    settings = load(
        JIRA_PROJECTS=" OQC, euv,,OQC ",
        CONFLUENCE_SPACES="OQC:OQC,OQC:OQCDOC,HANDBOOK:~ann",
        SLACK_CHANNELS="OQC:C123,EUV:#team-euv",
        SLACK_DEFAULT_CHANNEL="C999",
        SLACK_ALLOWED_USERS="U0ADA, W0BOB,U0ADA",
        JIRA_FIELDS="story_points: customfield_10016",
        JIRA_FIELD_POLICY="labels: remote_to_local, customfield_10057:none",
    )

    assert settings.jira_projects == ("OQC", "EUV")
    assert settings.jira_fields == {"story_points": "customfield_10016"}
    assert settings.jira_field_policy == {"labels": "remote_to_local", "customfield_10057": "none"}
    assert settings.confluence_spaces == (
        ProjectSpace("OQC", "OQC"),
        ProjectSpace("OQC", "OQCDOC"),
        ProjectSpace("HANDBOOK", "~ann"),
    )
    assert settings.partitions == ("OQC", "EUV", "HANDBOOK")
    assert settings.spaces_of("OQC") == ("OQC", "OQCDOC")
    assert settings.spaces_of("EUV") == ()
    assert [settings.slack_channel(key) for key in ("OQC", "EUV", "HANDBOOK")] == ["C123", "#team-euv", "C999"]
    assert settings.slack_allowed_users == ("U0ADA", "W0BOB")


def test_given_people_then_what_follows_the_last_colon_is_the_member(monkeypatch):
    monkeypatch.setenv("SLACK_PEOPLE", "712020:4aa-7:U0ADA, bob@example.com:W0BOB")

    assert made_settings().slack_people == {"712020:4aa-7": "U0ADA", "bob@example.com": "W0BOB"}


@pytest.mark.parametrize("value", ["712020:4aa", "U0ADA", ":U0ADA", "ada:u0ada"])
def test_given_what_is_no_pair_of_people_then_it_says_so(monkeypatch, value):
    monkeypatch.setenv("SLACK_PEOPLE", value)

    with pytest.raises(ValidationError, match="not an account id or e-mail, a colon and the id of a member"):
        made_settings()


def test_given_typed_values_when_made_in_python_then_they_are_taken_as_they_are():
    settings = made_settings(jira_projects=("OQC",), slack_channels={"OQC": "C123"})

    assert settings.jira_projects == ("OQC",)
    assert settings.slack_channel("OQC") == "C123"


def test_given_an_empty_variable_when_loaded_then_it_counts_as_unset(load):
    assert load(JIRA_URL="", LOG_LEVEL="", JAVIS_AUTOSTART="").jira_url is None


def test_given_a_settings_file_when_loaded_then_the_environment_goes_before_it(load, tmp_path):
    env_file = tmp_path / "env"
    env_file.write_text("JIRA_PROJECTS=OQC\nJAVIS_TIMEZONE=Europe/Berlin\nUNKNOWN=ignored\n")

    settings = load(JAVIS_ENV_FILE=str(env_file), JIRA_PROJECTS="EUV")

    assert settings.jira_projects == ("EUV",)
    assert settings.javis_timezone == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "written",
    ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg2://u:p@h/d", "postgresql+psycopg://u:p@h/d"],
)
def test_given_any_spelling_of_a_postgres_url_when_loaded_then_there_is_one(load, written):
    url = load(DATABASE_URL=written).database_url

    assert url is not None
    assert url.get_secret_value() == "postgresql://u:p@h/d"


def test_given_a_relative_home_when_loaded_then_it_is_absolute(load):
    assert load(JAVIS_HOME="state").javis_home.is_absolute()
    assert load(JAVIS_HOME="~/state").javis_home == Path("~/state").expanduser()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIRA_URL", "acme.atlassian.net"),
        ("JIRA_URL", "https://"),
        ("JIRA_URL", "https://acme.atlassian.net:http"),
        ("JIRA_URL", "ftp://acme.atlassian.net"),
        ("JIRA_URL", "https://ann:hunter2@acme.atlassian.net"),
        ("JIRA_URL", "https://acme.atlassian.net/?token=hunter2"),
        ("JIRA_URL", "https://acme .atlassian.net"),
        ("SLACK_BASE_URL", "slack"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("DATABASE_URL", "hunter2"),
        ("JIRA_PROJECTS", "OQC;EUV"),
        ("JIRA_PROJECTS", "1OQC"),
        ("CONFLUENCE_SPACES", "OQC"),
        ("CONFLUENCE_SPACES", "OQC:two words"),
        ("CONFLUENCE_SPACES", "OQC:DOC,EUV:DOC"),
        ("JIRA_FIELDS", "story_points"),
        ("JIRA_FIELD_POLICY", "labels"),
        ("JIRA_FIELD_POLICY", "labels:both"),
        ("JIRA_FIELDS", "story_points:summary"),
        ("SLACK_CHANNELS", "C123"),
        ("SLACK_ALLOWED_USERS", "@ada"),
        ("JAVIS_TIMEZONE", "Berlin"),
        ("JAVIS_TIMEZONE", "../../etc/passwd"),
        ("JAVIS_AUTOSTART", "perhaps"),
        ("JAVIS_EXECUTOR", "hunter2"),
        ("LOG_LEVEL", "hunter2"),
        ("JAVIS_KEEP_RUNS_DAYS", "6"),
        ("JAVIS_KEEP_AUDIT_DAYS", "forever"),
    ],
)
def test_given_a_malformed_value_when_loaded_then_the_error_names_the_variable_and_its_form_only(load, name, value):
    with pytest.raises(SettingError) as error:
        load(**{name: value})

    assert f"it should look like {name}=" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)


def test_given_two_malformed_values_when_loaded_then_one_error_names_both(load):
    with pytest.raises(SettingError, match=r"JIRA_URL is not an http or https URL.*LOG_LEVEL has the wrong form"):
        load(JIRA_URL="acme", LOG_LEVEL="LOUD")


def test_given_an_unreadable_settings_file_when_loaded_then_the_error_names_it(load, tmp_path):
    env_file = tmp_path / "env"
    env_file.write_bytes(b"JIRA_EMAIL=\xff\xfe")

    with pytest.raises(SettingError, match="make it a readable UTF-8 file"):
        load(JAVIS_ENV_FILE=str(env_file))


def test_given_no_account_when_one_is_needed_then_the_error_says_what_to_set(load):
    with pytest.raises(SettingError, match="JIRA_URL and JIRA_TOKEN are not set; set JIRA_URL=https://acme"):
        load(JIRA_EMAIL="ann@acme.com").require_jira()
    with pytest.raises(SettingError, match="no Jira project is named; set JIRA_PROJECTS=OQC,EUV"):
        load().require_projects()
    with pytest.raises(SettingError, match="SLACK_BOT_TOKEN is not set"):
        load().require_slack()


def test_given_a_token_without_an_address_then_only_the_site_can_say_whether_it_needs_one(load):
    account = load(JIRA_URL="https://jira.acme.com/jira/", JIRA_TOKEN="s3cret-token").require_jira()

    assert (account.url, account.email) == ("https://jira.acme.com/jira", None)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, "https://acme.atlassian.net"),
        ({"JIRA_URL": "https://acme.atlassian.net//"}, "https://acme.atlassian.net"),
        ({"JIRA_URL": "https://api.atlassian.com/ex/jira/c1"}, "https://api.atlassian.com/ex/confluence/c1"),
        ({"CONFLUENCE_URL": "https://wiki.acme.com/wiki/"}, "https://wiki.acme.com/wiki"),
        ({"CONFLUENCE_URL": "http://127.0.0.1:8765"}, "http://127.0.0.1:8765"),
    ],
)
def test_given_a_jira_account_when_confluence_is_asked_for_then_what_is_unset_is_jiras(load, variables, url):
    account = load(**{**JIRA, **variables}).require_confluence()

    assert (account.url, account.email) == (url, "ann@acme.com")
    assert account.token.get_secret_value() == "s3cret-token"


@pytest.mark.parametrize(
    ("own", "user"),
    [
        ({}, "ann@acme.com"),
        ({"CONFLUENCE_TOKEN": "t"}, None),
        ({"CONFLUENCE_TOKEN": "t", "CONFLUENCE_EMAIL": "ann"}, "ann"),
    ],
    ids=["jira's own", "a token", "a password"],
)
def test_a_token_of_confluences_own_does_not_go_with_the_name_for_jira(load, own, user):
    assert load(**JIRA, **own).require_confluence().user == user


def test_given_only_a_token_then_the_site_is_asked_whether_that_is_enough(load):
    account = load(CONFLUENCE_URL="https://wiki.acme.com/confluence", CONFLUENCE_TOKEN="t").require_confluence()

    assert (account.email, account.user) == (None, None)


def test_given_secrets_when_settings_are_shown_then_they_are_masked(load):
    settings = load(**JIRA, DATABASE_URL="postgresql://u:hunter2@h/d", SLACK_BOT_TOKEN="xoxb-hunter2")
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.require_jira()} {settings.require_slack()}"

    assert "hunter2" not in shown
    assert "s3cret-token" not in shown


def test_given_days_to_keep_when_loaded_then_what_is_not_set_has_its_default(load):
    assert load().keep_days() == KeepDays()
    assert load(JAVIS_KEEP_RUNS_DAYS="7", JAVIS_KEEP_JOURNAL_DAYS="60").keep_days() == KeepDays(runs=7, journal=60)


def test_given_no_channel_when_one_is_required_then_the_error_names_the_variable(load):
    with pytest.raises(SettingError, match="no Slack channel is named for OQC; set SLACK_DEFAULT_CHANNEL=C0123456789"):
        load(SLACK_CHANNELS="EUV:C123").require_slack_channel("OQC")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"JIRA_URL": "https://acme.atlassian.net"}, "https://acme.atlassian.net"),
        ({"CONFLUENCE_URL": "https://acme.atlassian.net/wiki/"}, "https://acme.atlassian.net"),
    ],
)
def test_links_to_pages_need_no_account(load, variables, expected):
    assert load(**variables).confluence_site == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net/wiki"),
        ("http://127.0.0.1:8765/wiki", "http://127.0.0.1:8765/wiki"),
        ("https://acme.com/confluence", "https://acme.com/confluence"),
        ("https://wiki.acme.com", "https://wiki.acme.com"),
    ],
)
def test_pages_are_where_the_edition_has_them(load, url, expected):
    assert load(CONFLUENCE_URL=url).confluence_pages == expected


# --- where they come from ---


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A working directory and a home, both empty; nothing of ours in the environment."""
    for name in [*(field.upper() for field in Settings.model_fields), "JAVIS_ENV_FILE"]:
        monkeypatch.delenv(name, raising=False)
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("JAVIS_HOME", str(home))
    monkeypatch.setattr("javis_pipeline.home.checkout", lambda: None)
    return here, home


def test_given_files_in_both_places_when_loaded_then_the_one_here_is_read(places):
    here, home = places
    (home / ".env").write_text("JIRA_PROJECTS=EUV\n")

    from_home = load_settings().jira_projects
    (here / ".env").write_text("JIRA_PROJECTS=OQC\n")

    assert from_home == ("EUV",)
    assert load_settings().jira_projects == ("OQC",)


def test_the_origin_names_the_file_and_what_came_from_where(places, monkeypatch):
    here, _ = places
    (here / ".env").write_text("JIRA_URL=https://acme.atlassian.net\nJIRA_TOKEN=\nDB_HOST=x\nwhat is this\n")
    monkeypatch.setenv("JIRA_EMAIL", "ann@acme.com")

    origin = settings_origin()

    assert origin.file == here / ".env"
    assert origin.in_file == ("JIRA_URL",)
    assert origin.in_environment == ("JIRA_EMAIL", "JAVIS_HOME")
    assert origin.unreadable == (4,)
    assert origin.strange == {}


def test_given_a_line_that_is_none_then_it_is_told_once_with_its_file(places, caplog):
    (places[0] / ".env").write_text('JIRA_PROJECTS=OQC\nJIRA_TOKEN="abc\n')

    for _ in range(2):
        load_settings()

    (told,) = caplog.messages
    assert told == f"line 2 of {places[0] / '.env'} is not NAME=value, so it is not read"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("JIRA_PROJECT=OQC", "JIRA_PROJECTS"),
        ("JIRA_TOKN=x", "JIRA_TOKEN"),
        ("JRIA_URL=https://x", "JIRA_URL"),
        ("CONFLUENCE_SPACE=A:B", "CONFLUENCE_SPACES"),
        ("JAVIS_COLOUR=red", None),
    ],
)
def test_given_a_key_that_is_no_setting_then_the_nearest_is_named(places, line, meant):
    (places[0] / ".env").write_text(f"{line}\nAWS_REGION=eu\n")

    assert settings_origin().strange == {line.partition("=")[0]: meant}


def test_given_a_misspelt_key_when_the_value_is_needed_then_the_message_names_it(places):
    (places[0] / ".env").write_text("JIRA_PROJECT=OQC\n")

    with pytest.raises(SettingError) as error:
        load_settings().require_projects()

    assert str(error.value) == (
        "no Jira project is named; set JIRA_PROJECTS=OQC,EUV in the environment or in .env. "
        "JIRA_PROJECT is no setting: did you mean JIRA_PROJECTS?"
    )


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({}, "JIRA_EMAIL and JIRA_TOKEN (JIRA_EMAIL and JIRA_TOKEN are used for Confluence too)"),
        ({"CONFLUENCE_TOKEN": "t"}, "JIRA_EMAIL and CONFLUENCE_TOKEN (JIRA_EMAIL is used for Confluence too)"),
        ({"CONFLUENCE_TOKEN": "t", "CONFLUENCE_EMAIL": "e@x"}, "CONFLUENCE_EMAIL and CONFLUENCE_TOKEN"),
    ],
)
def test_given_an_inherited_value_then_the_account_names_the_variable_it_came_from(load, own, named):
    assert load(**JIRA, **own).require_confluence().named == named


def test_given_an_address_that_nobody_set_then_it_is_not_said_to_be_used_for_confluence(load):
    sites = {"JIRA_URL": "https://jira.acme.com", "CONFLUENCE_URL": "https://wiki.acme.com"}

    account = load(**sites, JIRA_TOKEN="j", CONFLUENCE_TOKEN="c").require_confluence()

    assert account.named == "CONFLUENCE_EMAIL and CONFLUENCE_TOKEN"


@pytest.mark.parametrize("owner", ["platform", "team:", "team:a b", "mara", "@acme.com", "mara@acme"])
def test_an_owner_is_a_team_or_an_address(load, owner: str) -> None:
    with pytest.raises(SettingError, match="JAVIS_OWNERS"):
        load(JAVIS_OWNERS=owner)
