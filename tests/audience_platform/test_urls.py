"""Where the bare address leads."""

from __future__ import annotations

from django.test import Client


def test_the_bare_address_leads_to_the_admin(client: Client) -> None:
    response = client.get("/", secure=True)

    assert (response.status_code, response["Location"]) == (302, "/admin/")
