"""``/consumers/ID/audiences`` and ``/consumers/batch``."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue, Path, invalid
from audience_platform.facades.fanfare.pages import ASKED, Keys, page
from audience_platform.facades.fanfare.received import Received
from audience_platform.facades.fanfare.shapes import consumer, told
from audience_platform.facades.fanfare.views.base import View, found
from audiences.services import audiences_of
from segments.models import Membership
from segments.people import By, Named, find_people
from segments.services import save_row

MOST_CONSUMERS = 500
_NAMES = {"external_id": "externalId", "full_name": "fullName"}


class AudiencesOfAConsumer(View):
    def get(self, request: Request, id: str) -> Response:
        """The audiences in force that hold a consumer, by the facts as they are."""
        include, asked = self.included(), self.asked
        membership = found(Membership.objects.filter(space=self.space), id, "Consumer")
        held = audiences_of(space=self.space, membership=membership.id, at=timezone.now())
        rows = self.audiences.in_bulk([audience.pk for audience in held])
        if not any(name in asked for name in ASKED):
            return Response(told([rows[number] for number in sorted(rows)], include))
        shown = page(asked, Keys([(number,) for number in rows]))
        data = told([rows[number] for number in shown.numbers], include)
        return Response({"data": data, "pageInfo": shown.info})


class Batch(View):
    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Make consumers: all of them, or none."""
        sent = request.data
        if not isinstance(sent, list) or not sent:
            raise Invalid(Issue((), "Give a list of consumers.", sent, "array"))
        if len(sent) > MOST_CONSUMERS:
            raise Failure(400, f"Max batch size is {MOST_CONSUMERS}")
        issues: list[Issue] = []
        values = [_values(Received(one, (place,), issues)) for place, one in enumerate(sent)]
        if issues:
            raise Invalid(*issues)
        self._refuse_known(values)
        made = [self._make(one, (place,)) for place, one in enumerate(values)]
        return Response([consumer(one) for one in made], status=201)

    def _refuse_known(self, values: list[dict[str, Any]]) -> None:
        """:raises Invalid: an e-mail address is somebody's already, or is there twice."""
        emails = [str(one["email"] or "").lower() for one in values]
        names = [Named(By.EMAIL, email) for email in emails if email]
        unknown = {named.name for named in find_people(space=self.space, names=names).unknown}
        issues = [
            Issue((place, "email"), "Email already exists", email)
            for place, email in enumerate(emails)
            if email and (email not in unknown or email in emails[:place])
        ]
        if issues:
            raise Invalid(*issues)

    def _make(self, values: dict[str, Any], path: Path) -> Membership:
        try:
            return save_row(Membership(), space=self.space, **values)
        except ValidationError as error:
            raise invalid(error, _NAMES, path) from error


def _values(received: Received) -> dict[str, Any]:
    """Who a consumer is. One without an external id gets one of ours."""
    values = {
        "email": received.take("email", "string") or None,
        "phone": received.take("phone", "string") or None,
        "full_name": received.take("fullName", "string") or None,
        "metadata": received.take("metadata", "object", default={}),
        "external_id": received.take("externalId", "string"),
    }
    known = values["email"] or values["phone"] or values["external_id"]
    if received.is_object and not known:
        received.wrong("Give an email, phone or externalId: nobody is found by less.")
    return {**values, "external_id": values["external_id"] or str(uuid4())}
