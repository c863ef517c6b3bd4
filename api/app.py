"""The composition root of the HTTP and WebSocket API."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig

from adapters.settings import Settings, load_settings
from api import (
    annotations,
    categories,
    compared_pictures,
    embeddings,
    events,
    exports,
    feed,
    health,
    history,
    image_files,
    image_lifecycle,
    images,
    imports,
    jobs,
    page,
    predictions,
    projects,
    query_batches,
    review_queue,
    run_comparison,
    search,
    statistics,
    training_runs,
    undo,
    uploads,
)
from api.allowed import allowed_methods
from api.errors import EXCEPTION_HANDLERS
from api.idempotency import first_answer_of_small_body, keep_answer
from api.openapi import DOCS_PAGE, CompletedJson
from api.services import Services, open_services
from api.strict_body import StrictRequest
from api.text_guard import refuse_unstorable_text

ROUTES: list[Any] = [
    *health.routes,
    *projects.routes,
    *categories.routes,
    *uploads.routes,
    *images.routes,
    *image_files.routes,
    *image_lifecycle.routes,
    *annotations.routes,
    *history.routes,
    *jobs.routes,
    *embeddings.routes,
    *search.routes,
    *query_batches.routes,
    *training_runs.routes,
    *run_comparison.routes,
    *compared_pictures.routes,
    *predictions.routes,
    *review_queue.routes,
    *exports.routes,
    *imports.routes,
    *statistics.routes,
    *events.routes,
    *undo.routes,
    *feed.routes,
]

WEB_DIST = Path(__file__).parents[1] / "web" / "dist"

MAX_BODY_BYTES = 20 * 1024 * 1024
"""Of everything but uploads, which set their own limit."""


async def provide_services(state: State) -> Services:
    return state.services


async def admit(request: Request[Any, Any, Any]) -> Response[Any] | None:
    await refuse_unstorable_text(request)
    return allowed_methods(request) or await first_answer_of_small_body(request)


def create_app(settings: Settings | None = None) -> Litestar:
    """The app; it connects when it starts. Settings come from the environment unless given."""
    chosen = settings or load_settings()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        async with open_services(chosen) as services:
            app.state.services = services
            yield

    return Litestar(
        route_handlers=[*ROUTES, *page.routes(WEB_DIST)],
        lifespan=[lifespan],
        dependencies={"services": Provide(provide_services)},
        exception_handlers=EXCEPTION_HANDLERS,
        request_class=StrictRequest,
        before_request=admit,
        before_send=[keep_answer],
        request_max_body_size=MAX_BODY_BYTES,
        multipart_form_part_limit=2_000,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1_000, exclude=["/file", "/thumbnail", "/preview"]
        ),
        openapi_config=OpenAPIConfig(
            title="Auto-Annotation",
            version="1",
            path="/docs",
            render_plugins=[CompletedJson(), DOCS_PAGE],
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )
