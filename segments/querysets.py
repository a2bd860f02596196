"""The words of the segments app, as queries. Each is a ``…_q`` (a condition) and a method."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q, Value
from pyroaring import BitMap

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from segments.models import (  # noqa: F401
        Import,
        Membership,
        Segment,
        SegmentMembership,
        Space,
    )


class SpaceQuerySet(models.QuerySet["Space"]):
    def for_staff_q(self, user: AbstractBaseUser | AnonymousUser) -> Q:
        if getattr(user, "is_superuser", False):
            return Q()
        return Q(pk__in=user.spaces.all()) if user.pk else Q(pk__in=[])  # type: ignore[union-attr]

    def for_staff(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The spaces that a user of the admin may see: the ones given, or all to a superuser."""
        return self.filter(self.for_staff_q(user))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_segment_q(self, segment: Segment) -> Q:
        return Q(segment_memberships__segment=segment)

    def in_segment(self, segment: Segment) -> Self:
        """Those with a place in the segment."""
        return self.filter(self.in_segment_q(segment))

    def among_q(self, numbers: BitMap) -> Q:
        listed = Value("{" + ",".join(map(str, numbers)) + "}")  # psycopg takes long over a list
        return Q(
            models.Func(
                models.F("number"),
                listed,
                template="(%(expressions)s::int[]))",
                arg_joiner=" = ANY (",
                output_field=models.BooleanField(),
            )
        )

    def among(self, numbers: BitMap) -> Self:
        """Those of a set; of a large one the database takes seconds to read the numbers."""
        return self.filter(self.among_q(numbers))

    def with_text_q(self, words: str) -> Q:
        found = Q()
        for field in ("external_id", "email", "phone", "full_name"):
            found |= Q(**{f"{field}__icontains": words})
        return found

    def with_text(self, words: str) -> Self:
        """Those who have the words somewhere in what they are searched by. Every row is read:
        ``segments.search`` has an index."""
        return self.filter(self.with_text_q(words))


class SegmentQuerySet(models.QuerySet["Segment"]):
    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        return Q(name__icontains=words) | Q(short_code__icontains=words)

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of a name or code."""
        return self.filter(self.found_by_q(words))

    def without_lists(self) -> Self:
        """Those that people name and pick: not the lists of audiences."""
        return self.filter(is_list=False)

    def with_size(self) -> Self:
        """Each with ``size``: how many memberships it lists now."""
        return self.annotate(size=models.Count("segment_memberships"))


class SegmentMembershipQuerySet(models.QuerySet["SegmentMembership"]):
    def without_lists(self) -> Self:
        """Those in segments that are no list of an audience."""
        return self.filter(segment__is_list=False)


class ImportQuerySet(models.QuerySet["Import"]):
    def found_by_q(self, words: str) -> Q:
        words = words.strip()
        return Q(file_name__icontains=words) | Q(segment__name__icontains=words)

    def found_by(self, words: str) -> Self:
        """Those that somebody means by words typed into a search box: a part of the name of the
        file, or of the list that it is for."""
        return self.filter(self.found_by_q(words))

    def at_work_q(self) -> Q:
        return Q(state__in=["counting", "running"])

    def at_work(self) -> Self:
        """Those that a worker has taken up, or will."""
        return self.filter(self.at_work_q())

    def with_files_q(self) -> Q:
        return ~Q(file="", problems_file="", failed_rows_file="")

    def with_files(self) -> Self:
        """Those that keep files."""
        return self.filter(self.with_files_q())

    def left_alone_since_q(self, moment: datetime.datetime) -> Q:
        return ~self.at_work_q() & Q(touched_at__lt=moment)

    def left_alone_since(self, moment: datetime.datetime) -> Self:
        """Those with which nothing has happened since, and that keep files."""
        return self.with_files().filter(self.left_alone_since_q(moment))
