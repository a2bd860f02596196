"""What a service refuses of an audience, as errors that point into the document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audiences.services.define import LifecycleError, TypeStays
from audiences.services.labels import LabelDenied
from audiences.services.lock import Locked
from audiences.types import ConfigurationError, UnknownAudienceType
from segments.api.errors import Problem, Refused, escaped

ATTRIBUTES = "/data/attributes"


@contextmanager
def pointing(configuration: str = f"{ATTRIBUTES}/configuration") -> Iterator[None]:
    """Point at what is wrong in an audience, whose configuration stands at ``configuration``."""
    try:
        yield
    except ConfigurationError as error:
        problems = [
            Problem(
                "invalid_configuration",
                detail,
                pointer="/".join([configuration, *(escaped(step) for step in path)]),
            )
            for path, detail in error.problems.items()
        ]
        raise Refused(422, *problems) from error
    except UnknownAudienceType as error:
        problem = Problem(
            "unknown_audience_type", str(error), pointer=f"{ATTRIBUTES}/audience_type"
        )
        raise Refused(422, problem) from error
    except TypeStays as error:
        problem = Problem("list_stays", str(error), pointer=f"{ATTRIBUTES}/audience_type")
        raise Refused(422, problem) from error
    except LabelDenied as error:
        at = f"{ATTRIBUTES}/labels" if error.labels else configuration
        raise Refused(403, Problem("label_denied", str(error), pointer=at)) from error
    except Locked as error:
        raise Refused(409, Problem("locked", str(error))) from error
    except LifecycleError as error:
        problem = Problem("invalid_lifecycle", str(error), pointer=f"{ATTRIBUTES}/lifecycle")
        raise Refused(422, problem) from error
