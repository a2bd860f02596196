"""What is wrong with a definition query, in one sentence that says where."""

from __future__ import annotations

from audiences.rules.definition_query.syntax import Place


class QueryError(ValueError):
    """A query that can't be used. ``str`` of it names the place and says what would be right."""

    def __init__(self, problem: str, place: Place | None = None) -> None:
        self.problem = problem
        self.place = place
        where = f"Line {place.line}, column {place.column}: " if place else ""
        super().__init__(f"{where}{problem}")
