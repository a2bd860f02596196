"""What axe-core finds wrong with a page for those who see it badly, hear it, or have no mouse."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.npm import installed

# All rules, over the whole page: ours and Unfold's own. The styles are there already.
RUN = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"], preload: false });
    return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) =>
            `${help} (${id}): ${target.join(" ")} ${any.map(({ message }) => message).join(" ")}`));
}"""


def barriers(page: Page) -> list[str]:
    """What is serious or critical on the page as it is now: what, where, and why."""
    page.evaluate(_axe())
    found: list[str] = page.evaluate(RUN)
    return found


@cache
def _axe() -> str:
    folder = installed(Path(__file__).parent / "axe") / "axe-core"
    return (folder / "axe.min.js").read_text()
