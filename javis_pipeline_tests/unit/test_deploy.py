"""The files in deploy/, the workflows and docs/operations.md: their structure, since a test has no container engine."""

import importlib.resources
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from javis_pipeline.cli import main
from javis_pipeline.defs.executors import _CELERY
from javis_pipeline.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
COMPOSE = [DEPLOY / "docker-compose.yaml", DEPLOY / "celery" / "docker-compose.yaml"]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
OPERATIONS = CHECKOUT / "docs" / "operations.md"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def pins(path: Path) -> dict[str, set[str]]:
    """Package to the versions that a lock names; several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


# --- the image ---


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines]


def test_the_image_runs_as_nobody_special() -> None:
    users = [arguments for name, arguments in instructions() if name == "USER"]

    assert users
    assert int(users[-1].split(":")[0]) > 0


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    sent = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    for name, arguments in instructions():
        if name == "COPY" and "--from=" not in arguments:
            *sources, _ = [part for part in arguments.split() if not part.startswith("--")]
            for source in sources:
                assert (CHECKOUT / source).exists(), source
                assert source.split("/")[0] in sent, source


def test_the_image_installs_what_the_project_is_tested_with_and_no_tools() -> None:
    image, tested = pins(DEPLOY / "requirements.lock"), pins(CHECKOUT / "requirements.lock")

    assert {name: image[name] for name in image.keys() & tested.keys() if image[name] != tested[name]} == {}
    assert {"dagster-k8s", "dagster-celery", "redis", "setuptools"} <= image.keys()
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & image.keys()


def test_every_package_of_the_image_is_known_by_its_hash_and_by_no_address() -> None:
    lock = (DEPLOY / "requirements.lock").read_text(encoding="utf-8")

    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


# --- compose ---


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_compose_file_is_one_by_the_specification(path: Path) -> None:
    _validate(load(path), "compose-spec.json")


def _validate(document: object, schema: str) -> None:
    schemas = pytest.importorskip("check_jsonschema", reason="it brings the schemas")
    import jsonschema

    file = importlib.resources.files(schemas) / "builtin_schemas" / "vendor" / schema
    jsonschema.validate(document, json.loads(file.read_text(encoding="utf-8")))


def composed() -> dict[str, Any]:
    """The services of both files, merged as Compose does it for what is looked at here."""
    first, second = map(load, COMPOSE)
    services: dict[str, Any] = dict(first["services"])
    for name, service in second["services"].items():
        known = services.get(name, {})
        dependencies = {**known.get("depends_on", {}), **service.get("depends_on", {})}
        services[name] = {**known, **service, "depends_on": dependencies}
    return {"services": services, "volumes": {**first["volumes"], **second["volumes"]}}


def test_given_both_compose_files_then_what_they_refer_to_is_there() -> None:
    stack = composed()

    for name, service in stack["services"].items():
        assert service.keys() >= {"image"}, name
        assert set(service.get("depends_on", {})) <= stack["services"].keys(), name
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                # The code server has the image's own check.
                assert "healthcheck" in stack["services"][other] or other == "code", other
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {volume for volume in volumes if not volume.startswith(".")} <= stack["volumes"].keys(), name
        assert {volume for volume in volumes if volume.startswith(".") and not (DEPLOY / volume).exists()} == set()


def test_nothing_is_published_beyond_the_machine_and_no_secret_is_written_down() -> None:
    for name, service in composed()["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert not {key for key in service.get("environment", {}) if re.search("TOKEN|PASSWORD|KEY|SECRET", key)}, name


def test_only_what_runs_our_steps_is_given_the_accounts() -> None:
    services = composed()["services"]

    assert {name for name, service in services.items() if "javis.env" in service.get("env_file", [])} == {
        "code",
        "live",
        "worker",
    }


def test_the_webserver_for_all_is_read_only() -> None:
    services = composed()["services"]

    assert "--read-only" in services["viewer"]["command"]
    assert "--read-only" not in services["webserver"]["command"]


# --- Celery ---


def test_workers_and_runs_agree_on_broker_and_backend() -> None:
    workers = load(DEPLOY / "celery" / "celery.yaml")

    # Anything beside `execution: config:` would be ignored without a word.
    assert workers.keys() == {"execution"}
    assert workers["execution"].keys() == {"config"}
    assert {name: workers["execution"]["config"][name] for name in ("broker", "backend")} == _CELERY
    assert {value["env"] for value in _CELERY.values()} <= composed()["services"]["worker"]["environment"].keys()


# --- Helm ---

# The chart's own names, as its schema has them; Helm takes any other without a word, and does nothing.
_POD = {"env", "envSecrets", "image", "resources", "securityContext"}
CHART = {
    "global": {"postgresqlSecretName", "dagsterHome"},
    "postgresql": {
        "enabled",
        "postgresqlHost",
        "postgresqlUsername",
        "postgresqlDatabase",
        "postgresqlScheme",
        "service",
    },
    "dagster-user-deployments": {"enabled", "deployments"},
    "dagster-user-deployments.deployments": {*_POD, "name", "codeServerArgs", "port", "includeConfigInLaunchedRuns"},
    "runLauncher": {"type", "config"},
    "runLauncher.config": {"k8sRunLauncher"},
    "runLauncher.config.k8sRunLauncher": {
        "imagePullPolicy",
        "loadInclusterConfig",
        "envSecrets",
        "resources",
        "securityContext",
        "runK8sConfig",
    },
    "runLauncher.config.k8sRunLauncher.runK8sConfig": {"jobSpecConfig", "podSpecConfig"},
    "dagsterWebserver": {*_POD, "replicaCount", "enableReadOnly", "workspace"},
    "dagsterWebserver.workspace": {"enabled", "servers"},
    "dagsterWebserver.workspace.servers": {"host", "port", "name"},
    "dagsterDaemon": {*_POD, "runMonitoring", "runRetries", "sensors", "schedules"},
    "dagsterDaemon.runMonitoring": {
        "enabled",
        "startTimeoutSeconds",
        "maxResumeRunAttempts",
        "pollIntervalSeconds",
        "freeSlotsAfterRunEndSeconds",
    },
    "dagsterDaemon.runRetries": {"enabled", "maxRetries"},
    "dagsterDaemon.sensors": {"useThreads", "numWorkers"},
    "dagsterDaemon.schedules": {"useThreads", "numWorkers"},
    "concurrency": {"enabled", "pools", "runs"},
    "concurrency.pools": {"granularity", "defaultLimit"},
    "concurrency.runs": {"maxConcurrentRuns", "tagConcurrencyLimits"},
    "pythonLogs": {"pythonLogLevel", "managedPythonLoggers"},
    "retention": {"enabled", "schedule", "sensor", "autoMaterialize"},
    "retention.schedule": {"purgeAfterDays"},
    "retention.sensor": {"purgeAfterDays"},
    "retention.autoMaterialize": {"purgeAfterDays"},
    "telemetry": {"enabled"},
    "migrate": {"enabled"},
    "ingress": {"enabled"},
}


@pytest.fixture(scope="module")
def values() -> Any:
    return load(DEPLOY / "helm" / "values.yaml")


def at(values: Any, path: str) -> list[Any]:
    """What stands at the path; of a list its entries."""
    for name in path.split("."):
        values = values[name]
    return values if isinstance(values, list) else [values]


def test_the_chart_knows_every_value(values: Any) -> None:
    assert values.keys() <= {path.split(".")[0] for path in CHART} | {"generatePostgresqlPasswordSecret"}
    for path, known in CHART.items():
        for section in at(values, path):
            assert section.keys() <= known, path


def test_the_chart_says_what_our_instance_says(values: Any) -> None:
    instance = load(CHECKOUT / "dagster.yaml")

    ours, theirs = instance["concurrency"], values["concurrency"]
    assert theirs["pools"]["granularity"] == ours["pools"]["granularity"]
    assert theirs["runs"]["tagConcurrencyLimits"] == ours["runs"]["tag_concurrency_limits"]
    for kind, name in {"schedule": "schedule", "sensor": "sensor", "auto_materialize": "autoMaterialize"}.items():
        assert values["retention"][name]["purgeAfterDays"] == instance["retention"][kind]["purge_after_days"]
    assert values["pythonLogs"]["managedPythonLoggers"] == instance["python_logs"]["managed_python_loggers"]
    assert values["telemetry"] == instance["telemetry"]


def test_the_cluster_has_secrets_by_name_only_limits_and_a_webserver_for_all(values: Any) -> None:
    (code,) = values["dagster-user-deployments"]["deployments"]
    pods = [code, values["dagsterWebserver"], values["dagsterDaemon"]]

    assert values["postgresql"]["enabled"] is False
    assert "postgresqlPassword" not in values["postgresql"]
    assert not {name for name in code["env"] if re.search("TOKEN|PASSWORD|KEY|SECRET|URL", name)}
    assert code["env"].keys() <= {name.upper() for name in Settings.model_fields}
    assert all(pod["resources"]["limits"]["memory"] for pod in pods)
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in pods)
    assert values["dagsterWebserver"]["enableReadOnly"] is True


# --- workflows ---


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_one_by_its_schema(path: Path) -> None:
    # To YAML a bare `on` is a truth value.
    workflow = {"on" if key is True else key: value for key, value in load(path).items()}

    _validate(workflow, "github-workflows.json")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_ends_in_time(path: Path) -> None:
    workflow = load(path)

    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])


def test_the_example_syncs_a_project_with_postgresql_as_a_service() -> None:
    (job,) = load(CHECKOUT / ".github" / "workflows" / "sync.yml")["jobs"].values()

    assert job["services"]["postgres"]["image"].startswith("postgres:")
    commands = " ".join(step.get("run", "") for step in job["steps"])
    assert 'javis run --project "$PROJECT" --junit junit.xml' in commands


# --- what the documents tell people to type ---


def commands_in(text: str) -> Iterator[list[str]]:
    """Our command lines in shell blocks and in inline code, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0] for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *re.findall(r"`(javis [a-z][^`]*)`", " ".join(text.split()))]:
        if found := re.search(r"(?:^|exec code |-- |DATABASE_URL |\$\()javis\s+(.*)", line):
            yield shlex.split(re.split(r"[);>|]", found[1])[0].replace('"', ""))


def documented() -> list[list[str]]:
    workflow = (CHECKOUT / ".github" / "workflows" / "sync.yml").read_text(encoding="utf-8")
    lines = re.findall(r"\.venv/bin/(javis .*)", workflow)
    from_workflow = [words for line in lines for words in commands_in(f"`{line}`")]
    return [*commands_in(OPERATIONS.read_text(encoding="utf-8")), *from_workflow]


@pytest.mark.parametrize("words", documented(), ids=" ".join)
def test_a_command_in_the_documents_exists_with_its_options(words: list[str]) -> None:
    command: click.Command = main
    with click.Context(main) as context:
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
    options = {option for parameter in command.params for option in parameter.opts}

    assert {word for word in words if word.startswith("--")} <= options


def test_every_file_that_the_document_names_is_there() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", OPERATIONS.read_text(encoding="utf-8"))

    assert [link for link in links if not (OPERATIONS.parent / link).exists()] == []


def test_every_setting_that_is_kept_days_is_documented_with_its_default() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")

    for name, field in Settings.model_fields.items():
        if name.startswith("javis_keep_"):
            assert f"| `{name.upper()}` | {field.default} |" in text
