"""The OpenAPI document: what Litestar leaves out or says wrongly is put right here (event-log.md 4.5).

`python -m api.openapi` prints it; the committed docs/openapi.json and the generated clients come from that.
"""

import re
import sys
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin

from domain.events import EVENT_CLASSES

# A zip as the whole body is taken too. It is told in the operations' descriptions and not here, because
# openapi-python-client writes code that does not import for an operation with two kinds of body.
UPLOAD_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
                },
            }
        },
    },
}

IMPORT_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
    },
}

GENERIC_PAGE = re.compile(rb"Page_(?:\w+\.)*(\w+?)_(?=\")")

FILE_OPERATIONS = {"get_image_file", "get_thumbnail", "get_preview", "get_weights", "get_export_file"}


class CompletedJson(JsonRenderPlugin):
    """/docs/openapi.json."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(completed(openapi_schema))


DOCS_PAGE = SwaggerRenderPlugin(
    path="/",
    # Served with the web bundle: no page of ours loads anything from elsewhere.
    js_url="/swagger/swagger-ui-bundle.js",
    css_url="/swagger/swagger-ui.css",
    standalone_preset_js_url="/swagger/swagger-ui-standalone-preset.js",
)


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Litestar's document, completed."""
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                _complete(cast("dict[str, Any]", operation))
    schemas = document["components"]["schemas"]
    _use_own_schemas(schemas)
    _type_events(schemas)
    _plain_tuples(schemas)
    return _with_short_page_names(document)


def _complete(operation: dict[str, Any]) -> None:
    name = operation.get("operationId")
    responses = operation["responses"]
    if name == "upload_images":
        operation["requestBody"] = UPLOAD_BODY
        # Litestar knows one success a handler: 200 is the answer when nothing was registered.
        responses["200"] = {**responses["201"], "description": "Nothing new: all known already or refused."}
    if name == "start_import":
        operation["requestBody"] = IMPORT_BODY
    if name in FILE_OPERATIONS:
        success = responses["200"]
        binary = {"schema": {"type": "string", "format": "binary"}}
        success["content"] = dict.fromkeys(success.get("content", {"application/octet-stream": None}), binary)
        responses["206"] = {**success, "description": "The range that was asked for."}
        responses["304"] = {"description": "Not changed since."}
    if name == "health_ready":
        responses["503"] = {**responses["200"], "description": "Not ready; the parts say why."}


def _type_events(schemas: dict[str, Any]) -> None:
    """An event's data is one of the types of the log, told apart by `type`: the feed's frames are typed by this."""
    references, components = msgspec.json.schema_components(
        EVENT_CLASSES.values(), ref_template="#/components/schemas/{name}"
    )
    for name, schema in components.items():
        schemas.setdefault(name, schema)
    mapping = {name: reference["$ref"] for name, reference in zip(EVENT_CLASSES, references, strict=True)}
    schemas["EventView"]["properties"]["data"] = {
        "oneOf": list(references),
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _use_own_schemas(schemas: dict[str, Any]) -> None:
    """msgspec's own schema of a struct: Litestar loses closed objects, minimums of unions and the shape of tuples."""
    for struct in _structs(msgspec.Struct):
        listed = schemas.get(struct.__name__)
        # Two structs may share a name (a Claim of an image, a Claim of a job); the fields tell which one is meant.
        same = listed is not None and set(struct.__struct_encode_fields__) <= set(listed.get("properties", {}))
        if same and struct.__module__.split(".")[0] in ("domain", "adapters", "api"):
            _, components = msgspec.json.schema_components([struct], ref_template="#/components/schemas/{name}")
            schemas[struct.__name__] = components[struct.__name__]


def _with_short_page_names(document: dict[str, Any]) -> dict[str, Any]:
    """`Page_api.jobs.Job_` is what Litestar makes of Page[Job]; clients get `JobPage`."""
    text = msgspec.json.encode(document)
    return msgspec.json.decode(GENERIC_PAGE.sub(rb"\1Page", text))


def _plain_tuples(schema: Any) -> None:
    """`items: false` behind `prefixItems` is right, but client generators stumble on it; a length says the same."""
    if isinstance(schema, list):
        for each in cast("list[Any]", schema):
            _plain_tuples(each)
    elif isinstance(schema, dict):
        members = cast("dict[str, Any]", schema)
        parts = members.get("prefixItems")
        if parts and members.get("items") is False:
            del members["prefixItems"]
            members |= {"items": parts[0], "minItems": len(parts), "maxItems": len(parts)}
        for each in members.values():
            _plain_tuples(each)


def _structs(base: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    return [found for struct in base.__subclasses__() for found in (struct, *_structs(struct))]


def main() -> None:
    from api.app import create_app  # here, because app imports this module

    encoded = msgspec.json.format(
        msgspec.json.encode(completed(create_app().openapi_schema.to_schema()), order="deterministic"), indent=2
    )
    sys.stdout.write(encoded.decode() + "\n")


if __name__ == "__main__":
    main()
