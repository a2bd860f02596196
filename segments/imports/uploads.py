"""Where a file for an import is put: a URL that is signed, and holds for an hour.

Whoever has it may send that one file and do nothing else, so it can be handed to a program that
has no key.
"""

from __future__ import annotations

import datetime

from django.core import signing

from segments.imports.refusals import ImportRefused
from segments.models import Import

GOOD_FOR = datetime.timedelta(hours=1)
_SALT = "segments.imports.uploads"


class WrongUploadUrl(ImportRefused):
    """Nothing can be sent there. ``code`` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def upload_token(import_: Import, *, at: datetime.datetime) -> str:
    """What the URL names the import by."""
    until = int((at + GOOD_FOR).timestamp())
    return signing.dumps([str(import_.space.id), str(import_.id), until], salt=_SALT)


def find_import(token: str, *, at: datetime.datetime) -> Import:
    """The import that a file is sent for.

    :raises WrongUploadUrl: saying whether the URL is no longer good, or never was.
    """
    try:
        space, id, until = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise WrongUploadUrl(
            "forged_url", "This URL was not made here, or not copied whole. Take upload_url as is."
        ) from None
    if at.timestamp() > until:
        raise WrongUploadUrl(
            "expired_url",
            "This URL was good for an hour, which is over. PATCH the import: the answer has a new "
            "upload_url.",
        )
    found = Import.objects.select_related("space", "segment").filter(space__id=space, id=id).first()
    if found is None:
        raise WrongUploadUrl("import_gone", "The import that this URL was for has been deleted.")
    return found
