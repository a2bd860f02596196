"""The fields of a space: found in all there is of metadata, kept while no member changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.services import fields, refresh_space
from audiences.services.fields import RuleField, rule_fields
from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]
Paths = defaultdict[str, fields.Seen]
_KEYS = st.sampled_from(["a", "b", "", "a.b"])
_VALUES = st.sampled_from([None, True, 1, 1.0, 0, False, "1", "", "x" * 200, "2026-01-01", 1 << 60])
_DOCUMENTS = st.recursive(_VALUES, lambda inner: st.dictionaries(_KEYS, inner), max_leaves=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(_KEYS, _DOCUMENTS), max_size=5))
def test_what_has_no_arrays_is_counted_as_what_has(documents: list[dict[str, Any]]) -> None:
    one_by_one: Paths = defaultdict(fields.Seen)
    at_once: Paths = defaultdict(fields.Seen)
    held: list[fields.Held] = []
    for document in documents:
        fields._note(one_by_one, document)
        fields._flatten(held, document, "metadata", 1)
    fields._note_plain(at_once, Counter(held))
    assert at_once == one_by_one


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A space of more than four members is a large one."""
    monkeypatch.setattr(fields, "SAMPLED", 4)
    monkeypatch.setattr(fields, "RUN", 1)
    fields._kept.clear()
    yield
    fields._kept.clear()


def told(found: list[RuleField]) -> dict[str, int | None]:
    return {one.name: one.members for one in found if one.types is not None}


def reads(space: Space) -> bool:
    with CaptureQueriesContext(connection) as captured:
        rule_fields(space=space)
    return any("string_agg" in query["sql"] for query in captured)


@pytest.mark.django_db(transaction=True)
def test_those_of_a_large_space_are_kept_until_a_member_changes(
    space: Space, make_membership: Make, large: None
) -> None:
    for _ in range(6):
        make_membership(metadata={"city": "Delft"})
    refresh_space(space=space, now=timezone.now())
    first = rule_fields(space=space)
    assert told(first) == {"metadata.city": 6}
    assert not reads(space)
    assert rule_fields(space=space) == first
    for member in Membership.objects.all():
        save_row(member, metadata={"town": "Delft"})
        assert told(rule_fields(space=space)) != told(first)  # some of them wait in the outbox
    refresh_space(space=space, now=timezone.now())
    assert told(rule_fields(space=space)) == {"metadata.town": 6}
    assert not reads(space)
    with transaction.atomic():
        assert reads(space)


@pytest.mark.django_db(transaction=True)
def test_they_are_kept_for_minutes_only(
    space: Space, make_membership: Make, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        make_membership(metadata={"city": "Delft"})
    refresh_space(space=space, now=timezone.now())
    assert [reads(space), reads(space)] == [True, False]
    monkeypatch.setattr(fields, "SECONDS", 0)
    assert reads(space)
