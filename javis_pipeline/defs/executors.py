"""Which executor runs the steps of a run; `JAVIS_EXECUTOR` chooses."""

import dagster as dg

from javis_pipeline.settings import Executor


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
            from dagster_celery import celery_executor

            return celery_executor
        case "k8s":
            from dagster_k8s import k8s_job_executor

            return k8s_job_executor
