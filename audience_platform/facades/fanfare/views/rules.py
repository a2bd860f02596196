"""``/audiences/ID/rules``: added, replaced as a whole, and one by one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue
from audience_platform.facades.fanfare.rules import (
    MOST_RULES,
    Rule,
    read_rule,
    read_rules,
    rules_of,
    tree_of,
)
from audience_platform.facades.fanfare.shapes import OWN, own
from audience_platform.facades.fanfare.views.audiences import refusing
from audience_platform.facades.fanfare.views.base import View
from audiences.models import Audience
from audiences.services import redefine_audience


class RulesView(View):
    def rules(self, audience: Audience) -> list[Rule]:
        """The audience's rules, to be shown."""
        return rules_of(audience) or []

    def changing(self, id: str) -> tuple[Audience, list[Rule]]:
        """An audience, for this transaction alone to change, and its rules.

        :raises Failure: it goes by no rules, or by such as Fanfare can't say.
        """
        audience = self.audience_to_change(id)
        if audience.audience_type != "rules":
            raise Failure(400, "Audience has no rules to change", message=_why(audience))
        rules = rules_of(audience)
        if rules is None:
            message = (
                f"The rule of “{audience}” was made elsewhere and says more than rules here can. "
                "Change it there, or PUT all rules anew."
            )
            raise Failure(409, "Audience has a rule of another form", message=message)
        return audience, rules

    def keep(self, audience: Audience, rules: list[Rule]) -> None:
        if len(rules) > MOST_RULES:
            raise Invalid(Issue(("rules",), f"An audience has at most {MOST_RULES} rules."))
        metadata = {**audience.metadata, OWN: {**own(audience), "rules": rules}}
        with refusing():
            redefine_audience(audience, configuration={"rule": tree_of(rules)}, metadata=metadata)


def _why(audience: Audience) -> str:
    if audience.audience_type == "tier":
        return "The rules of a tier follow from its bounds: PUT /audiences/loyalty-tiers/GROUP."
    return f"Who is in “{audience}” follows from {audience.type.follows or 'who is put in it'}."


def _shown(rules: list[Rule], audience: Audience) -> list[dict[str, Any]]:
    return [{**rule, "audienceId": str(audience.id)} for rule in rules]


class Rules(RulesView):
    def get(self, request: Request, id: str) -> Response:
        audience = self.audience(id)
        return Response(_shown(self.rules(audience), audience))

    @transaction.atomic
    def post(self, request: Request, id: str) -> Response:
        """Add one rule, or several: the answer is of the same form."""
        audience, rules = self.changing(id)
        sent = request.data
        listed = sent.get("rules") if isinstance(sent, dict) and "rules" in sent else sent
        group, first = str(audience.id), len(rules)
        if isinstance(listed, list):
            added = read_rules(listed, group=group, path=(), first=first)
        else:
            added = [read_rule(listed, group=group, position=first)]
        known = {rule["id"] for rule in rules}
        if again := [rule for rule in added if rule["id"] in known]:
            wrong = "The audience has a rule of this id. Leave it out for a new one."
            raise Invalid(Issue(("id",), wrong, again[0]["id"]))
        self.keep(audience, [*rules, *added])
        shown = _shown(added, audience)
        return Response(shown if isinstance(listed, list) else shown[0], status=201)

    @transaction.atomic
    def put(self, request: Request, id: str) -> Response:
        """Replace all rules; of those that keep their ids, nothing but what is sent."""
        audience = self.audience_to_change(id)
        if audience.audience_type != "rules":
            self.changing(id)  # which says why not
        sent = request.data
        listed = sent.get("rules") if isinstance(sent, dict) else sent
        path: tuple[str, ...] = ("rules",) if isinstance(sent, dict) else ()
        rules = read_rules(listed, group=str(audience.id), path=path)
        self.keep(audience, rules)
        return Response(_shown(self.rules(self.audience(id)), audience))


class OneRule(RulesView):
    def get(self, request: Request, id: str, rule_id: str) -> Response:
        audience = self.audience(id)
        rules = self.rules(audience)
        return Response(_shown([rules[_place(rules, rule_id)]], audience)[0])

    @transaction.atomic
    def put(self, request: Request, id: str, rule_id: str) -> Response:
        """Change what is sent of a rule."""
        audience, rules = self.changing(id)
        place = _place(rules, rule_id)
        if not isinstance(request.data, dict):
            raise Invalid(Issue((), "Give an object.", request.data, "object"))
        changed = {**rules[place], **request.data, "id": rule_id}
        if "value" in request.data and "values" not in request.data:
            changed["values"] = changed.pop("value")
        rules[place] = read_rule(changed, group=str(audience.id), position=rules[place]["position"])
        self.keep(audience, rules)
        return Response(_shown([rules[place]], audience)[0])

    @transaction.atomic
    def delete(self, request: Request, id: str, rule_id: str) -> Response:
        """Take a rule out; without the last one nobody is in the audience."""
        audience, rules = self.changing(id)
        gone = rules.pop(_place(rules, rule_id))
        self.keep(audience, rules)
        return Response(_shown([gone], audience)[0])


def _place(rules: list[Rule], id: str) -> int:
    for place, rule in enumerate(rules):
        if rule["id"] == id:
            return place
    raise Failure(404, "Rule not found")
