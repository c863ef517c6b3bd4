"""Is a model hub there at all? Asked once, briefly, so that a machine without a network fails over in seconds."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from urllib.error import HTTPError

from huggingface_hub import constants

PATIENCE_S = 4.0


def hub_answers(url: str | None = None, patience_s: float = PATIENCE_S) -> bool:
    """True when the hub answers at all (any HTTP status) within `patience_s`; False at once in offline mode.

    The question is put in a daemon thread: a name server that never answers would outlast any socket timeout.
    """
    if constants.is_offline_mode():
        return False
    answered = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(url or constants.ENDPOINT, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=patience_s):
                answered.set()
        except HTTPError:
            answered.set()
        except (OSError, HTTPException):
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience_s + 1.0)
    return answered.is_set()


@contextmanager
def cache_only(wanted: bool) -> Iterator[None]:
    """While inside, and only if wanted, the hub's client reads its cache and never waits for the network."""
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or wanted
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
