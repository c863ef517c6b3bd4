"""What Litestar's OpenAPI document leaves out or says wrongly (event-log.md 4.5), put right once at start-up."""

from litestar import Litestar


def complete_document(app: Litestar) -> None:
    document = app.openapi_schema
    document.paths = document.paths or {}
