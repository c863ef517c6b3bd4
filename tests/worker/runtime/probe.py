"""A task that does as its payload says, put in the place of real ones by AUTOANNOTATE_TASKS."""

import asyncio
import os
import signal
import subprocess
import sys
from uuid import UUID

from domain.errors import InvalidInput
from domain.events import CommentAdded
from worker.context import Completion, TaskContext


async def run(context: TaskContext) -> Completion:
    """`steps`: [word, argument] pairs, done in order; ends with one `comment.added` on the stream `effect`."""
    for word, argument in context.payload["steps"]:
        match word:
            case "report":
                context.report(0.5, str(argument), f"log {argument}")
            case "sleep":
                await asyncio.sleep(argument)
            case "hang":
                # In a foreign library, deaf to asyncio.
                subprocess.run(["sleep", str(argument)], check=False)
            case "deaf":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            case "print":
                print(argument, flush=True)
                print(argument, file=sys.stderr, flush=True)
            case "die" if context.attempt <= argument:
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise" if context.attempt <= argument:
                raise RuntimeError(f"broken in attempt {context.attempt}")
            case "refuse":
                raise InvalidInput(f"{argument}\x00")
            case "leave":
                os._exit(0)
    effect = context.payload.get("effect")
    also = [(UUID(effect), None, [CommentAdded(context.executor.new_id(), "done")])] if effect else []
    return Completion({"attempt": context.attempt}, also)
