"""``PUT /uploads/TOKEN``: where the file of an import is sent. The token is all that it takes."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from segments.api.errors import Problem, Refused, shown
from segments.imports.asking import NotNow, take_file
from segments.imports.refusals import ImportRefused
from segments.imports.uploads import WrongUploadUrl, find_import

_TYPES = ("text/csv", "application/zip")
_CHUNK = 1024 * 1024


class UploadView(APIView):
    """Takes a file as it comes, and never holds more of it in memory than a part."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def put(self, request: Request, token: str) -> Response:
        now = timezone.now()
        try:
            import_ = find_import(token, at=now)
        except WrongUploadUrl as error:
            raise Refused(403, Problem(error.code, str(error))) from error
        type = (request.content_type or "").partition(";")[0].strip().lower()
        if type not in _TYPES:
            detail = f"The file is sent as {shown(type)}. Send it as {' or '.join(_TYPES)}."
            raise Refused(415, Problem("unsupported_media_type", detail, header="Content-Type"))
        with TemporaryUploadedFile("import", type, 0, None) as received:
            received.size = receive(request._request, received)
            try:
                take_file(import_, received, at=now)
            except NotNow as error:
                raise Refused(409, Problem("wrong_state", str(error))) from error
            except ImportRefused as error:
                raise Refused(422, Problem("unreadable_file", str(error))) from error
        return Response(status=204)


def receive(request: HttpRequest, into: File[bytes]) -> int:
    """Write the body to a file; how many bytes that is.

    :raises Refused: it is too long, or shorter than it was said to be.
    """
    read, length = _body(request)
    _refuse_longer_than_allowed(length or 0)
    received = 0
    try:
        while chunk := read(_CHUNK):
            received += len(chunk)
            _refuse_longer_than_allowed(received)
            into.write(chunk)
    except UnreadablePostError:
        pass  # told below, should anybody still listen
    into.flush()
    if length is not None and received < length:
        detail = f"{received:,} bytes came of {length:,}. Send the file again, whole."
        raise Refused(400, Problem("cut_short", detail))
    return received


def _body(request: HttpRequest) -> tuple[Callable[[int], bytes], int | None]:
    """How to read the body, and how long it will be where that was said.

    Of a body without a length (sent in chunks) the server knows the end, or else nobody does.
    """
    said = request.META.get("CONTENT_LENGTH", "")
    if said.isascii() and said.isdigit():
        return request.read, int(said)
    if request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"].read, None
    detail = "It is not said how long the file is. Send the header Content-Length."
    raise Refused(411, Problem("length_required", detail, header="Content-Length"))


def _refuse_longer_than_allowed(length: int) -> None:
    most: int = settings.IMPORT_LARGEST_FILE
    if length > most:
        detail = f"The file is larger than {most:,} bytes. Pack it as zip, or send it in parts."
        raise Refused(413, Problem("too_long", detail))
