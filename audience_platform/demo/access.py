"""A way in for whoever tries the sample data: a user for the admin, a token for the API."""

from __future__ import annotations

import datetime
import secrets
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction

from audience_platform.models import ApiKey, Scope
from audience_platform.services import make_key, revoke_key
from segments.models import Space

USERNAME = "demo"
KEY_NAME = "made by manage.py demo"


class Access(NamedTuple):
    """What opens the doors until ``give_access`` is called again."""

    username: str
    password: str
    token: str


@transaction.atomic
def give_access(space: Space, *, at: datetime.datetime) -> Access:
    """Make the demo's superuser and its write key, or give them a new password and token."""
    password = secrets.token_urlsafe(12)
    user, _ = get_user_model().objects.get_or_create(username=USERNAME)
    user.is_active = user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
    for key in ApiKey.objects.filter(name=KEY_NAME, spaces=space).usable(at):
        revoke_key(key, at=at)
    token = make_key(name=KEY_NAME, spaces=[space], scope=Scope.WRITE, at=at).token
    return Access(USERNAME, password, token)
