"""Refusals as answers over HTTP: whatever goes wrong, the client gets the original's envelope."""

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.studio.problem import Problem


def envelope(problem: Problem) -> Response:
    """Return the answer that says `problem`."""
    # In ASCII: a message may quote half a character that the client sent.
    content = json.dumps(problem.envelope())
    return Response(content, problem.status, problem.headers, media_type="application/json")


async def refuse(_: Request, problem: Exception) -> Response:
    """What the studio itself says no to."""
    assert isinstance(problem, Problem)
    return envelope(problem)


async def refuse_http(request: Request, error: Exception) -> Response:
    """No such path (404), no such method (405)."""
    assert isinstance(error, HTTPException)
    message = error.detail
    if error.status_code in (404, 405):
        message = f"Invalid URL ({request.method} {request.url.path})"
    headers = dict(error.headers) if error.headers else None
    return envelope(Problem(message, status=error.status_code, headers=headers))


async def fail(_: Request, __: Exception) -> Response:
    """A bug or a full disk; the exception goes on to the server's log."""
    message = "The server had an error while processing your request."
    return envelope(Problem(message, code="server_error", status=500))
