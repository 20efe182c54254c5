"""`/anchors/*`: the backend that seed 003 documents, and reading what it keeps."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from omar_daemon.anchors_api import ingest, reading, shares
from omar_daemon.routing import Access, ApiError, Surface, route

_CODES = {
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    409: "duplicate",
    413: "too_large",
    429: "rate_limited",
}


def error(problem: ApiError) -> Response:
    """`{success:false, error, message, detail}`: each client of this API reads another one of them."""
    code = (
        _CODES.get(problem.status) or problem.code or ("server_error" if problem.status >= 500 else "invalid_request")
    )
    body = {
        "success": False,
        "error": code,
        "message": problem.message,
        "detail": problem.message,
        **problem.extra,
    }
    return JSONResponse(body, status_code=problem.status, headers=problem.headers)


def surface() -> Surface:
    key, public, local = Access.KEY, Access.PUBLIC, Access.LOCAL
    return Surface(
        "anchors",
        "/anchors",
        (
            route("/anchors/ingest", ingest.ingest, methods=["POST"], access=key, scope="anchors"),
            route("/anchors/verify", ingest.verify, methods=["GET"], access=key, scope="anchors"),
            route("/anchors/health", ingest.health, methods=["GET", "HEAD"], access=public, scope="anchors"),
            route("/anchors/share", shares.create, methods=["POST"], access=local, scope="anchors"),
            route("/anchors/share/{id}", shares.delete, methods=["DELETE"], access=key, scope="anchors"),
            route("/s/{id}", shares.page, methods=["GET", "HEAD"], access=public, scope="anchors"),
            route("/anchors", reading.list_anchors, methods=["GET"], access=key, scope="anchors"),
            route("/anchors/{sha}", reading.show, methods=["GET"], access=key, scope="anchors"),
            route("/anchors/{sha}", reading.delete, methods=["DELETE"], access=key, scope="anchors"),
            route(
                "/anchors/{sha}/blame/{path:path}",
                reading.blame,
                methods=["GET"],
                access=key,
                scope="anchors",
            ),
        ),
        error,
    )
