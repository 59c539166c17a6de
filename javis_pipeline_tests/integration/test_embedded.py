"""The embedded server: private, shared by all processes of one home, and back after every kind of end."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from javis_pipeline.db.embedded import DAGSTER_DATABASE, EmbeddedServer
from javis_pipeline.errors import DatabaseError

START = (
    "import sys, pathlib; from javis_pipeline.db.embedded import EmbeddedServer as S; s = S(pathlib.Path(sys.argv[1]))"
)


@pytest.fixture
def home(tmp_path):
    """A home folder, reachable for the user that the server runs as; its server is stopped at the end."""
    folder = tmp_path / "a home's folder"
    yield folder
    if folder.is_dir():
        EmbeddedServer(folder).stop()


def postmaster(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().split()[0])


def test_given_an_empty_home_when_started_then_only_who_knows_the_password_gets_in(home, monkeypatch):
    for name in ("PGHOST", "PGPORT", "PGDATA", "PGUSER"):
        monkeypatch.setenv(name, "/nonsense")
    monkeypatch.setenv("PGSSLMODE", "require")
    server = EmbeddedServer(home)

    server.start()

    with psycopg.connect(server.url()) as conn:
        assert conn.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert conn.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert conn.execute("SELECT upper('ä'), 'Z' < 'a'").fetchone() == ("Ä", True)
    with psycopg.connect(server.url(DAGSTER_DATABASE)):
        pass
    password = (home / "postgres/password").read_text()
    for wrong in ("wrong", ""):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url().replace(password, wrong))
    assert stat.S_IMODE((home / "postgres/password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "postgres/data").stat().st_mode) == 0o700


def test_given_two_processes_when_both_start_then_they_get_one_server(home):
    starter = [sys.executable, "-c", f"{START}; s.start(); print(s.url())", str(home)]
    both = [subprocess.Popen(starter, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    urls = [process.communicate(timeout=60)[0] for process in both]

    assert urls[0] == urls[1] != ""
    assert EmbeddedServer(home).is_running()


def test_given_a_killed_server_when_started_then_what_was_committed_is_there_at_the_same_address(home):
    server = EmbeddedServer(home)
    server.start()
    url = server.url()
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 1 AS n")
        conn.commit()
        conn.execute("INSERT INTO kept VALUES (2)")
        os.kill(postmaster(home), signal.SIGKILL)
        conn.close()
    # The signal is delivered when the machine gets round to it.
    deadline = time.monotonic() + 30
    while server.is_running():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    server.start()

    assert server.url() == url
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_given_a_pid_file_that_names_another_process_when_started_then_it_is_ignored(home):
    server = EmbeddedServer(home)
    server.start()
    pid_file = home / "postgres/data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    assert server.stop()
    # As after a reboot: the file is left, and its number is now some other program's.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert not server.is_running()
    server.start()

    assert server.is_running()
    assert postmaster(home) != os.getpid()


def test_given_a_server_when_stopped_then_it_is_gone_and_stopping_again_says_so(home):
    server = EmbeddedServer(home)
    assert not server.stop()
    server.start()

    assert server.stop()

    assert not server.is_running()
    assert not server.stop()


def test_given_a_taken_port_when_started_again_then_another_is_used(home):
    server = EmbeddedServer(home)
    server.start()
    server.stop()
    other = EmbeddedServer(home.with_name("other"))
    other_port = home.with_name("other") / "postgres/port"
    other_port.parent.mkdir(parents=True)
    other_port.write_text((home / "postgres/port").read_text())
    other.start()
    try:
        server.start()

        assert server.url().split("@")[1] != other.url().split("@")[1]
    finally:
        other.stop()


def test_given_data_of_another_version_when_started_then_the_error_says_the_way_out(home):
    server = EmbeddedServer(home)
    server.start()
    server.stop()
    (home / "postgres/data/PG_VERSION").write_text("13\n")

    with pytest.raises(DatabaseError, match=r"made by PostgreSQL 13, .* set JAVIS_PG_BIN .* javis db restore"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own a folder that the server's user cannot enter")
def test_given_root_in_a_closed_folder_when_started_then_the_folder_stays_closed(home):
    home.mkdir(mode=0o700)
    server = EmbeddedServer(home / "inner")

    server.start()
    try:
        with psycopg.connect(server.url()) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("initdb: error: could not write file: No space left on device", "the disk is full; free some space"),
        ("initdb: error: invalid locale settings", "could not be set up in .*: invalid locale settings"),
    ],
)
def test_given_a_setup_that_fails_when_started_then_the_error_says_why_and_nothing_is_left(home, tmp_path, said, told):
    programs = tmp_path / "bin"
    programs.mkdir()
    tmp_path.chmod(0o755)
    for name in ("initdb", "pg_ctl", "postgres"):
        (programs / name).write_text(
            f"#!/bin/sh\n[ $1 = --version ] && echo 'x (PostgreSQL) 18.1' || ! echo '{said}'\n"
        )
        (programs / name).chmod(0o755)

    with pytest.raises(DatabaseError, match=told):
        EmbeddedServer(home, pg_bin=programs).start()

    assert sorted(path.name for path in (home / "postgres").iterdir()) == ["lock", "password"]


def test_given_a_home_that_is_no_folder_when_started_then_the_error_names_it(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseError, match=r"cannot be used: .*file"):
        EmbeddedServer(tmp_path / "file").start()


def test_given_a_folder_without_a_server_when_named_then_the_error_names_the_variable(home, tmp_path):
    with pytest.raises(DatabaseError, match=r"JAVIS_PG_BIN is .*, where there is no initdb"):
        EmbeddedServer(home, pg_bin=tmp_path).start()
