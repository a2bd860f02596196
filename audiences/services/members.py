"""Who is in an audience, as a set; and rows as a set, to hold against it."""

from __future__ import annotations

from django.db.models import Aggregate, BinaryField, Func, QuerySet, Value
from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus
from segments.models import Membership
from segments.numbers import as_set, received


def members_of(audience: Audience) -> BitMap:
    """The numbers of those in the audience by the version in force; nobody before the first."""
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    return members.load(status) if status else BitMap()


def numbers_of(rows: QuerySet[Membership]) -> BitMap:
    """The numbers of the memberships, in one query and one value."""
    sent = Func("number", function="int4send", output_field=BinaryField())
    joined = Aggregate(sent, Value(b""), function="string_agg", output_field=BinaryField())
    run = rows.order_by().prefetch_related(None).aggregate(run=joined)["run"]
    return as_set(received(run))
