"""The package as people install it: a wheel in an environment of its own, used from an empty folder."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from javis_pipeline_tests.sites import clean_environment, free_port, wait_until_dagster_serves

pytestmark = pytest.mark.timeout(600)

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, a person's home folder, and an empty folder to work in."""

    python: Path
    user_home: Path
    folder: Path

    @property
    def home(self) -> Path:
        return self.user_home / ".local" / "share" / "javis"

    def environment(self) -> dict[str, str]:
        values = {name: value for name, value in clean_environment().items() if name not in Installed.SILENT}
        return values | {"HOME": str(self.user_home)}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A module of the environment's in the folder, as a person would call it."""
        return subprocess.run(
            [self.python, "-m", *arguments],
            cwd=self.folder,
            env=self.environment() | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    # What would lead the package to another home than a new user's.
    SILENT = frozenset({"JAVIS_ENV_FILE", "XDG_DATA_HOME", "PYTHONPATH", "DATABASE_URL"})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel of this checkout, built and installed without a download; other packages are this environment's."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        CHECKOUT / "javis_pipeline", source / "javis_pipeline", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(CHECKOUT / name, source / name)
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=source, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = folder / "venv" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    (wheel,) = folder.glob("*.whl")
    shutil.unpack_archive(wheel, packages, format="zip")
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
    # As a project that create-dagster makes does when it is installed.
    (packages / "pyproject.toml").write_text('[project]\nname = "team"\n')
    place = Installed(folder / "venv" / "bin" / "python", folder / "user", folder / "empty")
    place.user_home.mkdir()
    place.folder.mkdir()
    yield place
    for home in ({}, {"JAVIS_HOME": str(place.home / "demo")}):
        place.run("javis_pipeline", "db", "stop", **home)


def test_given_a_wheel_in_an_empty_folder_then_everything_works_on_one_home(installed: Installed) -> None:
    port = free_port()

    demo = installed.run("javis_pipeline", "demo", "--sandbox-port", str(port))

    assert demo.returncode == 0, demo.stderr
    assert "What Slack's channel oqc-team got" in demo.stdout
    assert list(installed.folder.iterdir()) == []
    sandbox = subprocess.Popen(
        [installed.python, "-m", "javis_pipeline", "sandbox", "--demo", "--port", str(port)],
        env=installed.environment(),
        cwd=installed.folder,
        stdout=subprocess.PIPE,
    )
    try:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        _uses_one_home(installed, port)
    finally:
        sandbox.terminate()
        sandbox.communicate()


def _uses_one_home(installed: Installed, port: int) -> None:
    made = installed.run("javis_pipeline", "init")
    settings = installed.run("javis_pipeline", "sandbox", "env", "--port", str(port)).stdout
    with (installed.folder / ".env").open("a") as file:
        file.write(settings)

    synced = installed.run("javis_pipeline", "sync", "--project", "OQC")
    verified = installed.run("javis_pipeline", "verify", "--project", "OQC")
    target = ("--partition", "OQC", "-m", "javis_pipeline.definitions")
    by_dagster = installed.run("dagster", "asset", "materialize", "--select", "jira_issues", *target)
    by_dg = installed.run("dagster_dg_cli.cli", "launch", "--assets", "jira_issues", *target)

    done = (made, synced, verified, by_dagster, by_dg)
    assert [run.returncode for run in done] == [0, 0, 0, 0, 0], "\n".join(run.stderr[-2000:] for run in done)
    assert str(installed.home) in made.stdout
    logs = installed.home / "dagster" / "storage"
    assert sum(1 for _ in logs.glob("*/compute_logs")) == 3
    assert [path.name for path in installed.folder.iterdir()] == [".env"]
    _dev_serves(installed)


def _dev_serves(installed: Installed) -> None:
    port, log = free_port(), installed.user_home / "dev.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [installed.python, "-m", "javis_pipeline", "dev", "--port", str(port)],
            env=installed.environment(),
            cwd=installed.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_dagster_serves(server, port, log)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
    assert "Traceback" not in log.read_text()


def test_the_home_of_an_installed_package_is_where_the_user_keeps_data(installed: Installed) -> None:
    program = "import javis_pipeline.settings as s; print(s.load_settings().javis_home)"

    def home(**more: str) -> str:
        return subprocess.run(
            [installed.python, "-c", program],
            cwd=installed.folder,
            env=installed.environment() | more,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert home() == str(installed.home)
    assert home(XDG_DATA_HOME="/data") == "/data/javis"
    assert home(JAVIS_HOME="/srv/javis") == "/srv/javis"
    assert home(JAVIS_HOME="state") == os.path.join(installed.folder.resolve(), "state")
