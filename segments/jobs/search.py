"""Work that memberships need in the background: reading the texts that they are searched by."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from segments import search
from segments.models import Space, UnreadTexts


@app.task(name="read_texts")
def read_texts(space: int) -> None:
    """Bring up to date what a space (its number) is searched by."""
    found = Space.objects.filter(pk=space).first()
    if found:
        search.read_texts(space=found)


def defer_reading() -> int:
    """Ask for it for every space that has texts to read, and no such job; how many were asked."""
    return sum(map(_defer, UnreadTexts.objects.values_list("space", flat=True).distinct()))


def _defer(space: int) -> bool:
    name = f"read texts {space}"
    try:
        with transaction.atomic():  # a savepoint: the refusal must not spoil the caller's
            read_texts.configure(lock=name, queueing_lock=name).defer(space=space)
    except AlreadyEnqueued:
        return False
    return True
