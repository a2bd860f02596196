"""Requests to the API, as a server would make them of this process."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote


def asker(space: Any, path: str) -> Callable[[str], bytes]:
    """Asks for the path with a query, from the WSGI call to the last byte of the answer."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.utils import timezone

    from audience_platform.services import make_key

    settings.SECURE_SSL_REDIRECT = False
    token = make_key(name="benchmark", spaces=[space], at=timezone.now()).token
    application = get_wsgi_application()

    def get(query: str) -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": quote(query, safe="=&"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http",
        }
        written: list[Any] = []

        def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
            written.append(status)
            return written.append

        body = b"".join(application(environ, start_response))
        assert written == ["200 OK"], body
        return body

    return get
