"""What it means for a client that a service, or the database, refuses a change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from rest_framework_json_api.utils import get_resource_type_from_instance

from segments.api.errors import Problem, Refused
from segments.api.received import Resource
from segments.api.serializer import ResourceSerializer
from segments.api.space import Access
from segments.api.values import pointer_to, said, sent_value
from segments.services import InUse

_CONFLICT = "conflict"  # the code of a ValidationError for what another row stands in the way of


@contextmanager
def translated(serializer: ResourceSerializer, received: Resource) -> Iterator[None]:
    """Turn what a change of the resource raises into refusals that point into the document."""
    try:
        yield
    except ValidationError as error:
        raise _invalid(error, serializer, received) from error
    except IntegrityError as error:
        raise _broken_promise(error, serializer, received) from error


@contextmanager
def translated_linkage() -> Iterator[None]:
    """The same, for a change that is sent to a relationship's own URL."""
    try:
        yield
    except ValidationError as error:
        problems = [
            Problem(_CONFLICT if fault.code == _CONFLICT else "invalid", message, pointer="/data")
            for faults in _by_field(error).values()
            for fault in faults
            for message in fault.messages
        ]
        raise _refused(problems) from error
    except IntegrityError as error:
        raise changed_meanwhile() from error


def in_use(error: InUse, access: Access) -> Refused:
    """That a row can't be deleted, with what uses it: what whoever asks may not see is counted."""
    error = error.as_seen(access.seen)
    users = [
        {"type": get_resource_type_from_instance(user), "id": str(user.id), "name": str(user)}  # type: ignore[attr-defined]  # rows of a space have one
        for user in error.users
    ]
    hidden = {"hidden": error.hidden} if error.hidden else {}
    return Refused(409, Problem("in_use", str(error), meta={"used_by": users, **hidden}))


def changed_meanwhile() -> Refused:
    """That another change, made at the same moment, went before this one."""
    detail = "What this is about was changed at the same moment. Read it again, then try again."
    return Refused(409, Problem("changed_meanwhile", detail))


def _invalid(error: ValidationError, serializer: ResourceSerializer, received: Resource) -> Refused:
    problems = []
    for name, faults in _by_field(error).items():
        for fault in faults:
            code = fault.code or _code(fault, serializer.Meta.model)
            for message in fault.messages:
                detail = said(name, sent_value(serializer, received, name), code, message)
                pointer = "/data/id" if name == "id" else pointer_to(serializer, received, name)
                problems.append(Problem(code, detail, pointer=pointer))
    return _refused(problems)


def _by_field(error: ValidationError) -> dict[str, list[ValidationError]]:
    return error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}


def _refused(problems: list[Problem]) -> Refused:
    """409 where something else is in the way of it, 422 where what was sent is wrong by itself."""
    in_the_way = [
        problem
        for problem in problems
        if problem.pointer == "/data/id" or problem.code == _CONFLICT
    ]
    return Refused(409, *in_the_way) if in_the_way else Refused(422, *problems)


def _code(fault: ValidationError, model: type[models.Model]) -> str:
    """``taken``, where the fault is that another row has the value already."""
    unique = [
        constraint.violation_error_message
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
    ]
    return "taken" if any(message in unique for message in fault.messages) else "invalid"


def _broken_promise(
    error: IntegrityError, serializer: ResourceSerializer, received: Resource
) -> Refused:
    """What the checks let through and the database doesn't: mostly two changes at one moment."""
    about = error.__cause__.diag  # type: ignore[union-attr]  # psycopg's error
    for constraint in serializer.Meta.model._meta.constraints:
        if constraint.name == about.constraint_name:
            message = ValidationError(str(constraint.violation_error_message))
            field = serializer.Meta.model.field_at_fault(message) or ""
            return _invalid(ValidationError({field: message}), serializer, received)
    if about.column_name:
        pointer = pointer_to(serializer, received, about.column_name)
        return Refused(422, Problem("invalid", f"{about.message_primary}.", pointer=pointer))
    if about.sqlstate == "23514":  # a check
        rule = (about.constraint_name or "").replace("_", " ")
        return Refused(422, Problem("invalid", f"This must hold: {rule}.", pointer="/data"))
    return changed_meanwhile()
