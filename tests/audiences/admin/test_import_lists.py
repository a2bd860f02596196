"""A file of who is on an audience's own list: as guided as the others, from its page too."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from audience_platform.models import StaffLabels
from audiences.models import Audience, Lifecycle
from audiences.services import redefine_audience
from audiences.services.own_list import list_of
from segments.models import Import
from tests.conftest import Colleague, Make

ADD = "segments/import/add/"
FILE = b"external_id\nm-1\nm-2\n"


@pytest.mark.django_db(transaction=True)
def test_a_file_is_imported_into_a_static_list_from_its_page(
    colleague: Colleague, make_audience: Make, make_membership: Make, work_off: Callable[[], None]
) -> None:
    fans = make_audience("static", name="Fans")
    members = list_of(fans)
    make_membership(external_id="m-1")
    page = f"/admin/audiences/audience/{fans.pk}/change/"
    assert f'href="/admin/{ADD}?segment={members.pk}"' in colleague.get(page).content.decode()

    form = colleague.page(ADD, segment=members.pk)
    assert "Who is on a list: choose the file" in form
    assert f'<option value="{members.pk}" selected>Fans</option>' in form
    sent = SimpleUploadedFile("fans.csv", FILE)
    colleague.save(f"{ADD}?segment={members.pk}", segment=members.pk, sent=sent)
    row = Import.objects.get()
    path = f"segments/import/{row.pk}"
    chosen = {"mode": "add", "unknown": "create", "percent": 20, "column-0": "external_id"}
    colleague.save(f"{path}/count/", **chosen)
    work_off()
    assert "Import it now" in colleague.page(f"{path}/change/")
    colleague.save(f"{path}/run/")
    work_off()

    result = html.unescape(colleague.page(f"{path}/change/"))
    assert f'href="{page}#members" class="button primary">See who is in “Fans”' in result
    assert members.segment_memberships.count() == 2


def test_only_lists_that_take_files_and_that_one_may_see_are_offered(
    colleague: Colleague, make_audience: Make
) -> None:
    make_audience("static", name="Fans")
    make_audience("external", name="Bought")
    make_audience("age_within", name="Young", minimum_age=18, maximum_age=30)
    gone = make_audience("static", name="Gone")
    redefine_audience(gone, lifecycle=Lifecycle.ARCHIVED)
    hidden = make_audience("static", name="Hidden")
    Audience.objects.filter(pk=hidden.pk).update(labels=["C5"])
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["C5"])

    page = colleague.page(ADD, what="list")

    for name in ("Fans", "Bought"):
        assert f">{name}</option>" in page
    for name in ("Young", "Gone", "Hidden"):
        assert f">{name}</option>" not in page
