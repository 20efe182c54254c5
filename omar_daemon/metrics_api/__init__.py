"""`/api/v1/*`: the cloud that seed 000 documents, on this machine: verify, upload, one's own data, leaderboard."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from omar_daemon.metrics_api import board, device, own, upload
from omar_daemon.routing import Access, ApiError, Surface, route


def error(problem: ApiError) -> Response:
    """`{"error": "<sentence>"}`, with `details` where fields were refused."""
    body = {"error": problem.message, **problem.extra}
    return JSONResponse(body, status_code=problem.status, headers=problem.headers)


def surface() -> Surface:
    key = Access.KEY
    uploads = upload.Uploads()
    devices = device.Devices()
    return Surface(
        "metrics",
        "/api/v1",
        (
            route("/api/v1/auth/verify", own.verify, methods=["POST"], access=key, scope="metrics"),
            route("/api/v1/metrics/upload", uploads.receive, methods=["POST"], access=key, scope="metrics"),
            route("/api/v1/metrics/me", own.read, methods=["GET"], access=key, scope="metrics"),
            route("/api/v1/metrics/me", own.delete, methods=["DELETE"], access=key, scope="metrics"),
            route("/api/v1/leaderboard", board.show, methods=["GET"], access=key, scope="metrics"),
            route("/api/v1/leaderboard/me", board.set_listed, methods=["PUT"], access=key, scope="metrics"),
            route("/api/v1/auth/device/code", devices.code, methods=["POST"], access=Access.PUBLIC, scope="metrics"),
            route("/api/v1/auth/device/token", devices.token, methods=["POST"], access=Access.PUBLIC, scope="metrics"),
            # Pages of a browser that `omar open` signed in: a cookie stands for the key there.
            route("/device", devices.page, methods=["GET"], access=Access.PUBLIC, scope="metrics"),
            route("/device", devices.confirm, methods=["POST"], access=Access.PUBLIC, scope="metrics"),
            route("/open", device.sign_in, methods=["GET"], access=Access.PUBLIC, scope="metrics"),
            route("/api/open", device.make_link, methods=["POST"], access=key, scope="admin"),
        ),
        error,
    )
