"""Keys of new audiences."""

from __future__ import annotations

from itertools import chain, count

from django.utils.text import slugify

from audiences.models import Audience
from audiences.rules.fields import FIELDS
from segments.models import Segment, Space

_LONGEST = 240  # letters, with room for a number


def free_key(*, space: Space, name: str) -> str:
    """The name as a key, such as ``big_spenders``, that nothing in the space goes by yet.

    Call it in the transaction that makes the audience: others wait until it has ended.
    """
    Space.objects.select_for_update().get(pk=space.pk)
    key = slugify(name).replace("-", "_")[:_LONGEST] or "audience"
    keys = Audience.objects.filter(space=space, key__startswith=key).values_list("key", flat=True)
    # by a short code a rule may ask for the segment, whose place an audience would take
    codes = Segment.objects.filter(space=space, short_code__startswith=key)
    taken = {*keys, *codes.values_list("short_code", flat=True), *FIELDS}
    choices = chain([key], (f"{key}_{number}" for number in count(2)))
    return next(choice for choice in choices if choice not in taken)
