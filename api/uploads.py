"""Pictures in: multipart with `files`, or a zip. Each file is registered, known already, or refused with its reason."""

import hashlib
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath

from adapters.archives import open_zip, refusal_of_entry
from adapters.ingest import IncomingImage, Ingested, Read, RejectedFile, register_images
from adapters.pictures import MAX_FILE_BYTES, RefusedPicture
from api.idempotency import command_id_of, first_answer
from api.projects import require_project
from api.routing import post
from api.services import Services
from domain.errors import InvalidInput, Problem, TooLarge
from domain.ids import LOCAL_ACTOR

MAX_UPLOAD_BYTES = 4 * 1024**3
PIECE_BYTES = 1 << 20
IMAGES_AT_ONCE = 50
"""Registered in one transaction: what one request holds in memory, and how long a live writer waits for it."""


@post(
    "/api/projects/{project_id:uuid}/images",
    "upload_images",
    request_max_body_size=MAX_UPLOAD_BYTES,
    status_code=201,
)
async def upload_images(
    services: NamedDependency[Services], request: Request[Any, Any, Any], project_id: FromPath[UUID]
) -> Response[Ingested]:
    """Multipart field `files` (repeated) or `application/zip`. 201 when anything was registered, else 200."""
    await require_project(services, project_id)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    match content_type:
        case "multipart/form-data":
            return await _register_form(services, request, project_id)
        case "application/zip" | "application/x-zip-compressed":
            return await _register_zip(services, request, project_id)
        case _:
            detail = "must be multipart/form-data with `files`, or application/zip"
            raise InvalidInput(f"Content-Type {detail}.", [Problem("/headers/content-type", detail)])


async def _register_form(services: Services, request: Request[Any, Any, Any], project_id: UUID) -> Response[Ingested]:
    try:
        form = await request.form()
    except ClientException:
        raise
    except Exception as malformed:
        # The multipart parser raises its own errors for a body that is none.
        raise InvalidInput(f"The body is not multipart/form-data: {malformed}") from malformed
    files = [file for file in form.getall("files", []) if isinstance(file, UploadFile)]
    if not files:
        detail = "no file was sent in the field `files`"
        raise InvalidInput(f"{detail}.", [Problem("/files", detail)])
    if "idempotency-key" in request.headers and (kept := await first_answer(request, await _digest_of(files))):
        return kept
    incoming = [IncomingImage(file.filename, _reader_of(file)) for file in files]
    return _answer(await _register(services, request, project_id, incoming))


async def _digest_of(files: list[UploadFile]) -> bytes:
    """Of names and contents, not of the body: a repeated form has another boundary."""
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        while piece := await file.read(PIECE_BYTES):
            content.update(piece)
        await file.seek(0)
        digest.update(file.filename.encode(errors="surrogateescape") + b"\0" + content.digest())
    return digest.digest()


def _answer(outcome: Ingested) -> Response[Ingested]:
    return Response(outcome, status_code=201 if outcome.registered else 200)


async def _register_zip(services: Services, request: Request[Any, Any, Any], project_id: UUID) -> Response[Ingested]:
    with tempfile.TemporaryDirectory(prefix="autoannotate-upload-") as folder:
        path = await receive_zip(request, Path(folder))
        if kept := await first_answer(request, file_sha256(path)):
            return kept
        with open_zip(path) as archive:
            incoming: list[IncomingImage] = []
            rejected: list[RejectedFile] = []
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                if reason := refusal_of_entry(entry):
                    rejected.append(RejectedFile(entry.filename[:500], reason))
                else:
                    incoming.append(IncomingImage(PurePosixPath(entry.filename).name, _entry_reader(archive, entry)))
            outcome = await _register(services, request, project_id, incoming)
            outcome.rejected += rejected
            return _answer(outcome)


async def _register(
    services: Services, request: Request[Any, Any, Any], project_id: UUID, incoming: list[IncomingImage]
) -> Ingested:
    command_id = await command_id_of(request)
    total = Ingested([], [], [])
    for start in range(0, len(incoming), IMAGES_AT_ONCE):
        part = await register_images(
            services.pool,
            services.blobs,
            project_id,
            LOCAL_ACTOR,
            incoming[start : start + IMAGES_AT_ONCE],
            command_id=command_id,
        )
        total.registered += part.registered
        total.duplicates += part.duplicates
        total.rejected += part.rejected
        total.position = part.position or total.position
    return total


async def receive_zip(request: Request[Any, Any, Any], folder: Path) -> Path:
    """The body, streamed to a file in `folder`. Raises InvalidInput if it is no zip."""
    path = folder / "upload.zip"
    received = 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            received += len(chunk)
            if received > MAX_UPLOAD_BYTES:
                raise TooLarge(f"The zip is over {MAX_UPLOAD_BYTES // 2**30} GB; send it in parts.")
            file.write(chunk)
    return path


def file_sha256(path: Path) -> bytes:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def _reader_of(file: UploadFile) -> Read:
    async def read() -> bytes:
        # Read only when its turn comes, and no more than a picture may have: large ones wait on the disk.
        await file.seek(0)
        return await file.read(MAX_FILE_BYTES + 1)

    return read


def _entry_reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Read:
    async def read() -> bytes:
        try:
            return archive.read(entry)
        except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError) as broken:
            raise RefusedPicture(f"the zip is damaged here: {broken}") from broken

    return read


routes = [upload_images]
