"""OPTIONS: Litestar answers it with the methods of one handler, where a path has several."""

from typing import Any

from litestar import Request, Response
from litestar.routes import HTTPRoute


def allowed_methods(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """The answer to OPTIONS, None to any other request."""
    if request.method != "OPTIONS":
        return None
    path = request.scope["path_template"]
    routes = [route for route in request.app.routes if isinstance(route, HTTPRoute) and route.path_format == path]
    methods = sorted({method for route in routes for method in route.methods})
    return Response(b"", status_code=204, headers={"allow": ", ".join(methods)})
