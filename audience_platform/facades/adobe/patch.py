"""JSON Patch, as far as Adobe takes it for audiences: add, and its kin replace and remove."""

from __future__ import annotations

import copy
from typing import Any

from audience_platform.facades.adobe.errors import invalid, unreadable
from audience_platform.facades.adobe.representation import WORKED_OUT

_FIXED = WORKED_OUT | {"audienceId", "namespace"}
_OPERATIONS = ("add", "replace", "remove")


def patched(document: dict[str, Any], operations: Any) -> tuple[dict[str, Any], set[str]]:
    """What becomes of a representation's fields: those that are changed, and those removed.

    :raises Refusal: naming the operation that can't be carried out.
    """
    if not isinstance(operations, list) or not operations:
        raise unreadable('Send a list of operations, such as [{"op": "add", "path": "/name", …}].')
    document = copy.deepcopy(document)
    touched: set[str] = set()
    for place, operation in enumerate(operations):
        touched.add(_apply(document, operation, f"Operation {place}"))
    changed = {name: document[name] for name in touched if name in document}
    return changed, touched - {*changed}


def _apply(document: dict[str, Any], operation: Any, said: str) -> str:
    """Change the document; which of its fields that was."""
    if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
        raise unreadable(f"{said} is not one of {', '.join(_OPERATIONS)}. Give such an “op”.")
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/") or path == "/":
        raise unreadable(f"{said} has the path {path!r}. Give one such as /name.")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    if steps[0] in _FIXED:
        raise invalid(f"{path} can not be modified")
    if operation["op"] != "remove" and "value" not in operation:
        raise unreadable(f"{said} has no value. Give one.")
    if path == "/lifecycleState" and operation.get("value") == "deleted":
        raise invalid("lifecycle field can not be modified to Delete using Patch operation")
    target: Any = document
    try:
        for step in steps[:-1]:
            target = target[step] if isinstance(target, dict) else target[_index(step, target)]
        _change(target, steps[-1], operation)
    except (LookupError, TypeError, ValueError) as error:
        raise invalid(f"{said}: there is nothing at {path}.") from error
    return steps[0]


def _change(target: Any, step: str, operation: dict[str, Any]) -> None:
    if isinstance(target, list):
        if operation["op"] == "add":
            target.insert(len(target) if step == "-" else _index(step, [*target, None]), None)
            target[len(target) - 1 if step == "-" else int(step)] = operation["value"]
        elif operation["op"] == "replace":
            target[_index(step, target)] = operation["value"]
        else:
            del target[_index(step, target)]
    elif not isinstance(target, dict):
        raise TypeError
    elif operation["op"] == "remove":
        del target[step]
    else:
        target[step] = operation["value"]


def _index(step: str, items: list[Any]) -> int:
    if not (step.isascii() and step.isdecimal()) or int(step) >= len(items):
        raise LookupError(step)
    return int(step)
