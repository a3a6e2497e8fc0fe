"""A server that lets another machine see this one's screen and act on it: `deixis serve`.

Unlike the published in-guest server it listens on the loopback interface unless told otherwise, wants a bearer token
with every request, and runs commands and touches files only when it was started so.

Knows HTTP and who may ask; what is answered is in `envs.guest_routes` and `envs.guest_command_routes`.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from envs.base import EnvUnavailable
from envs.desktop import Desktop
from envs.guest_command_routes import CommandRoutes
from envs.guest_machine import BadRequest, CommandFailed, NotFound, NotOnThisMachine
from envs.guest_routes import Answer, Asked, Handler, RouteTable, ScreenRoutes

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

LOOPBACK: Final = "127.0.0.1"
_STATUS: Final[dict[type[Exception], int]] = {
    BadRequest: 400,
    ValidationError: 400,
    NotFound: 404,
    CommandFailed: 500,
    OSError: 500,
    NotOnThisMachine: 501,
    EnvUnavailable: 503,
}


def serve(
    open_desktop: Callable[[], Desktop],
    *,
    host: str = LOOPBACK,
    port: int = 5000,
    token: str | None = None,
    commands: bool = False,
    started: Callable[[str, str], None] = lambda address, token: None,
) -> None:
    """Serve a desktop until interrupted.

    Args:
        open_desktop: opens what is served.
        host: address to listen on; anything else than loopback lets other machines in.
        port: 0 for any that is free.
        token: what clients must show; by default a new one.
        commands: whether clients may also run commands and read and write files.
        started: called with the address and the token once clients can connect.

    Raises:
        EnvUnavailable: there is no such desktop, or the address is taken.
    """
    import uvicorn

    token = token or secrets.token_urlsafe(24)
    with closing(_listening(host, port)) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        with closing(ScreenRoutes(open_desktop)) as screen:
            table = {**screen.table, **(CommandRoutes(screen.machine).table if commands else {})}
            server = uvicorn.Server(uvicorn.Config(guest_app(table, token), log_level="warning", access_log=False))
            started(address, token)
            server.run([listener])


def guest_app(table: RouteTable, token: str) -> Starlette:
    """The web application over a table of routes, for whoever shows the token."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    return Starlette(
        routes=[Route(path, _endpoint(handler, token), methods=[m]) for (m, path), handler in table.items()]
    )


def _endpoint(handler: Handler, token: str) -> Callable[[Request], object]:
    from starlette.concurrency import run_in_threadpool
    from starlette.datastructures import UploadFile
    from starlette.responses import JSONResponse
    from starlette.responses import Response as PlainResponse

    async def answer(request: Request) -> Response:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode("latin-1"), token.encode()):
            return JSONResponse({"status": "error", "message": "The token is missing or wrong."}, 401)
        if request.headers.get("Content-Type", "").startswith(("multipart/", "application/x-www-form-urlencoded")):
            async with request.form() as form:
                files = [value.file for value in form.values() if isinstance(value, UploadFile)]
                words = {name: value for name, value in form.items() if isinstance(value, str)}
                given = await run_in_threadpool(_answered, handler, Asked(form=words, upload=next(iter(files), None)))
        else:
            given = await run_in_threadpool(_answered, handler, Asked(await request.body()))
        if given.json is not None:
            return JSONResponse(given.json, given.status, dict(given.headers))
        return PlainResponse(given.content, given.status, dict(given.headers), given.media_type)

    return answer


def _answered(handler: Handler, asked: Asked) -> Answer:
    try:
        return handler(asked)
    except tuple(_STATUS) as error:
        status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
        return Answer(json={"status": "error", "message": " ".join(str(error).split())}, status=status)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise EnvUnavailable(f"Nothing can be served at {host}:{port}: {error.strerror or error}.") from error
