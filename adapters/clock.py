"""The process's source of ids."""

import os
import time
from uuid import UUID

from domain.ids import uuid7


def new_id() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))
