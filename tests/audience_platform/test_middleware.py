"""The policy that goes with every page."""

from __future__ import annotations

from typing import Any

import pytest


def directives(response: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("path", ["/health/live", "/nothing-here", "/admin"])
def test_outside_the_admin_a_page_may_load_nothing(path: str, client: Any, db: None) -> None:
    assert directives(client.get(path, secure=True)) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/"])
def test_the_admin_loads_from_this_host_alone(path: str, colleague: Any) -> None:
    given = directives(colleague.get(path))
    assert given["default-src"] == "'none'"
    assert given["script-src"] == "'self' 'unsafe-eval'"
    assert not [sources for sources in given.values() if "http" in sources or "*" in sources]
