"""The end of a text that keeps growing: what a process said last."""


class LastWords:
    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._end = b""

    def hear(self, more: bytes) -> None:
        self._end = (self._end + more)[-self._keep :]

    def text(self) -> str:
        """At most `keep` bytes, as PostgreSQL can hold them."""
        return storable(self._end.decode(errors="replace"))


def storable(text: str) -> str:
    """NUL and lone surrogates, which jsonb and text columns refuse, become U+FFFD."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
