"""Which executor runs the steps of a run; `JAVIS_EXECUTOR` chooses."""

from importlib import import_module

import dagster as dg

from javis_pipeline.errors import SettingError
from javis_pipeline.setting_types import Executor

# The names of variables, not their values: the UI shows this configuration, and the URLs may hold passwords.
_CELERY = {"broker": {"env": "CELERY_BROKER_URL"}, "backend": {"env": "CELERY_RESULT_BACKEND"}}


def executor_for(name: Executor) -> dg.ExecutorDefinition:
    """The executor of that name.

    In-process is the default: the graph of a project is a chain that waits for APIs, so a process for each step costs
    more than a second of CPU and gains nothing. Projects run side by side, each in a run of its own.
    """
    match name:
        case "in_process":
            return dg.in_process_executor
        case "multiprocess":
            return dg.multiprocess_executor
        case "celery":
            return _from_extra("dagster_celery", "celery_executor", extra="celery").configured(_CELERY, "celery")
        case "k8s":
            return _from_extra("dagster_k8s", "k8s_job_executor", extra="k8s")


def _from_extra(module: str, name: str, *, extra: str) -> dg.ExecutorDefinition:
    try:
        executor: dg.ExecutorDefinition = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise SettingError(
            f"JAVIS_EXECUTOR={extra} needs a package that is not installed: pip install 'javis-pipeline[{extra}]'"
        ) from error
    return executor
