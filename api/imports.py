"""Imports of labelled datasets: a COCO, YOLO or Pascal VOC zip, taken apart by a job that reports file by file."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, QueryParameter

from adapters.archives import open_zip
from adapters.blobs import upload_name
from api.idempotency import first_answer
from api.jobs import Job, request_job
from api.projects import require_project
from api.routing import post
from api.services import Services
from api.uploads import MAX_UPLOAD_BYTES, file_sha256, receive_zip
from domain.errors import InvalidInput, Problem

PIECE_BYTES = 1 << 20


class ImportRequested(msgspec.Struct):
    job: Job
    """Its `result` tells, once it has ended: layout, images_registered, images_known, images_labelled, annotations,
    categories_created, problem_count and problems [{file_name, detail}]."""


@post(
    "/api/projects/{project_id:uuid}/imports",
    "start_import",
    request_max_body_size=MAX_UPLOAD_BYTES,
    status_code=202,
)
async def start_import(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    project_id: FromPath[UUID],
    dry_run: Annotated[bool, QueryParameter(description="Read and report everything, change nothing.")] = False,
    imported_state: Annotated[
        Literal["submitted", "in_progress"],
        QueryParameter(name="imported_state", description="Review state of the imported images."),
    ] = "submitted",
) -> Response[ImportRequested]:
    """`application/zip`, or multipart with the zip in `file`. Images that have annotations already keep theirs."""
    await require_project(services, project_id)
    with tempfile.TemporaryDirectory(prefix="autoannotate-import-") as name:
        path = await _received(request, Path(name))
        open_zip(path).close()
        digest = file_sha256(path)
        if kept := await first_answer(request, digest):
            return kept
        await services.blobs.put(upload_name(digest.hex()), path)
    payload = {"upload": digest.hex(), "dry_run": dry_run, "state": imported_state}
    job = await request_job(services, request, project_id, "import", payload, priority=5)
    return Response(ImportRequested(job), status_code=202)


async def _received(request: Request[Any, Any, Any], folder: Path) -> Path:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("application/zip", "application/x-zip-compressed"):
        return await receive_zip(request, folder)
    if content_type != "multipart/form-data":
        detail = "must be application/zip, or multipart/form-data with `file`"
        raise InvalidInput(f"Content-Type {detail}.", [Problem("/headers/content-type", detail)])
    try:
        form = await request.form()
    except ClientException:
        raise
    except Exception as malformed:
        # The multipart parser raises its own errors for a body that is none.
        raise InvalidInput(f"The body is not multipart/form-data: {malformed}") from malformed
    sent = form.get("file")
    if not isinstance(sent, UploadFile):
        detail = "no file was sent in the field `file`"
        raise InvalidInput(f"{detail}.", [Problem("/file", detail)])
    path = folder / "upload.zip"
    with path.open("wb") as target:
        while piece := await sent.read(PIECE_BYTES):
            target.write(piece)
    return path


routes = [start_import]
