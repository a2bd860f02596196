"""``POST /ims/token/v3``: an access token for a client's credentials, as Adobe's IMS gives it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from audience_platform.facades.adobe.access import is_client
from audience_platform.facades.adobe.keys import LIFETIME, access_token
from audience_platform.services import UnusableToken, find_key

_UNCACHED = {"Cache-Control": "no-store"}


@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    """``client_id`` is an API key's id or the beginning of its token, ``client_secret`` the token.
    The scope is the key's own, whatever is asked."""
    if request.method != "POST":
        return _refused(405, "invalid_request", "Send a POST.", Allow="POST")
    given = {name: request.POST.get(name) or request.GET.get(name, "") for name in _ASKED}
    missing = [name for name, value in given.items() if not value]
    if missing:
        return _refused(400, "invalid_request", f"{missing[0]} parameter is missing")
    if given["grant_type"] != "client_credentials":
        return _refused(400, "unsupported_grant_type", "grant_type must be client_credentials")
    try:
        key = find_key(given["client_secret"], at=timezone.now())
    except UnusableToken:
        return _refused(401, "invalid_client", "invalid client_secret parameter")
    if not is_client(key, given["client_id"]):
        return _refused(401, "invalid_client", "invalid client_id parameter")
    answer = {"access_token": access_token(key), "token_type": "bearer", "expires_in": LIFETIME}
    return JsonResponse(answer, headers=_UNCACHED)


_ASKED = ("grant_type", "client_id", "client_secret")


def _refused(status: int, error: str, description: str, **headers: str) -> HttpResponse:
    return JsonResponse(
        {"error": error, "error_description": description},
        status=status,
        headers={**_UNCACHED, **headers},
    )
