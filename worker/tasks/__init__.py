"""Which function does which kind of job. Nothing is imported here: each job's process loads its own libraries only."""

import os
from importlib import import_module

from worker.context import Task

TASKS = {
    "embed": "worker.tasks.embed",
    "select": "worker.tasks.select",
    "train": "worker.tasks.train",
    "predict": "worker.tasks.predict",
    "export": "worker.tasks.export",
    "import": "worker.tasks.import_dataset",
}
"""Kind -> module with `async def run(context: TaskContext) -> Completion`."""

HEAVY_KINDS = ("train", "predict", "embed", "select")
LIGHT_KINDS = ("export", "import")


def task_for(kind: str, replaced: str = os.environ.get("AUTOANNOTATE_TASKS", "")) -> Task:
    """The function for `kind`. AUTOANNOTATE_TASKS (`kind=module,...`) puts another module in a task's place."""
    modules = {**TASKS, **dict(part.split("=", 1) for part in replaced.split(",") if part)}
    return import_module(modules[kind]).run
