"""Which thread and which task this is, for the log."""

import asyncio
import threading


def thread_now() -> tuple[int, str]:
    """The number and the name of this thread."""
    return threading.get_ident(), threading.current_thread().name


def task_now() -> str | None:
    """The name of the task that runs in this thread, None if there is none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs here
        return None
    return None if task is None else task.get_name()
