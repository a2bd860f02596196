"""What a first sync would do, told by a list's beginning."""

from __future__ import annotations

import pytest

from audiences.services.first_sync import FirstSync, first_syncs
from audiences.sources.base import Kind, SourceError
from tests.audiences.sources.stand_in import KlaviyoStandIn
from tests.conftest import Make


def test_people_are_told_apart_as_an_import_does(
    klaviyo: KlaviyoStandIn, make_source: Make, make_membership: Make
) -> None:
    make_membership(external_id="a", email="twice@example.com")
    make_membership(external_id="b", email="twice@example.com")
    make_membership(external_id="c", phone="+31612345678")
    klaviyo.add_list(
        "L1",
        {"id": "1", "external_id": "a", "email": "twice@example.com"},
        {"id": "2", "email": "twice@example.com"},  # which of the two?
        {"id": "3", "external_id": "unknown", "phone_number": "+31612345678"},
        {"id": "4", "email": "new@example.com"},
        {"id": "5"},
    )
    (told,) = first_syncs(source=make_source(), lists=[(Kind.LIST, "L1")])
    assert told == FirstSync(size=5, looked_at=5, known=2, new=1, unusable=2)


def test_a_segment_that_is_being_worked_out_tells_nothing(
    klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    klaviyo.add_list("S1", {"id": "1", "email": "a@example.com"}, place="segments")
    klaviyo.processing.add("S1")
    (told,) = first_syncs(source=make_source(), lists=[(Kind.SEGMENT, "S1")])
    assert told == FirstSync(size=None, looked_at=0, known=0, new=0, unusable=0)


def test_a_list_that_is_gone_is_told(klaviyo: KlaviyoStandIn, make_source: Make) -> None:
    with pytest.raises(SourceError, match="no such list"):
        first_syncs(source=make_source(), lists=[(Kind.LIST, "L1")])
