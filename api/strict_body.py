"""JSON bodies as they are: Litestar would take "1" for a number, and break on one that is nested too deeply."""

import re
from typing import Any

import msgspec
from litestar import Request

from domain.errors import InvalidInput, Problem

WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
STEP = re.compile(r"\[(\d+|\.\.\.)\]|\.([^.\[]+)")


class StrictRequest(Request[Any, Any, Any]):
    async def json(self) -> Any:
        """The body as the type that its handler takes. Raises InvalidInput naming the part that does not fit."""
        field = self.route_handler.parsed_data_field
        body = await self.body()
        try:
            return msgspec.json.decode(body, type=Any if field is None else field.annotation)
        except msgspec.ValidationError as wrong:
            found = WHERE.fullmatch(str(wrong))
            what, path = (found["what"], found["path"] or "") if found else (str(wrong), "")
            pointer = "".join(f"/{index or name}" for index, name in STEP.findall(path))
            raise InvalidInput(f"{pointer or 'The body'}: {what}.", [Problem(pointer, what)]) from wrong
        except msgspec.DecodeError as malformed:
            raise InvalidInput(f"The body is not JSON: {malformed}.", [Problem("", str(malformed))]) from malformed
        except RecursionError as deep:
            raise InvalidInput("The body is nested too deeply.", [Problem("", "nested too deeply")]) from deep
