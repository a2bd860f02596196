"""The header of a file, matched with the fields that an import knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from segments.imports.refusals import WrongHeader
from segments.imports.spellings import field_by_spelling

METADATA = "metadata."
IDENTIFIERS = ("external_id", "email", "phone")
WHAT_IS_WRONG = "what_is_wrong"  # the column that is added to failed rows; never read
_MOST_COLUMNS = 500

# By column of a file, its name as it is in the header: the field, or None to leave it out.
Mapped = Mapping[str, str | None]


def match_header(
    header: Sequence[str],
    *,
    known: Collection[str],
    needed: Iterable[Sequence[str]],
    metadata: bool = False,
    mapping: Mapped | None = None,
) -> list[str | None]:
    """The field of each column, or None for one that is left out.

    The ``mapping`` decides; a column that it doesn't have is known by its name: a field's own, or a
    common spelling of it. Case and surrounding blanks don't matter, but for the names after
    ``metadata.``, which are kept as they are. Of each of ``needed``, one field must be there.

    :raises WrongHeader: naming the column that is unknown, nameless, there twice, or missing.
    """
    _check_names(header)
    mapping = mapping or {}
    fields = {**guess(header, known=known, metadata=metadata), **mapping}
    _check_mapping(header, mapping, known, metadata)
    columns: dict[str, str] = {}
    for name in header:
        field = fields[name]
        if field is None:
            if name not in mapping and name != WHAT_IS_WRONG:
                raise WrongHeader(_unknown(name, columns, known, metadata))
        elif field in columns:
            raise WrongHeader(
                f"The columns “{columns[field][:60]}” and “{name[:60]}” are both “{field}”. "
                "Leave one out."
            )
        else:
            columns[field] = name
    for one_of in needed:
        if columns.keys().isdisjoint(one_of):
            raise WrongHeader(
                f"The header has no column “{'” or “'.join(one_of)}”, which every row needs. "
                f"It has: {_list(header)}."
            )
    return [fields[name] for name in header]


def guess(
    header: Sequence[str], *, known: Collection[str], metadata: bool = False
) -> dict[str, str | None]:
    """What each column seems to be, by its name; each field once at most."""
    fields: dict[str, str | None] = {}
    for name in header:
        if metadata and name[: len(METADATA)].lower() == METADATA:
            fields[name] = METADATA + name[len(METADATA) :]
        elif name.lower() in known:
            fields[name] = name.lower()
    taken = set(fields.values())
    for name in header:
        field = field_by_spelling(name)
        fits = field in known or (metadata and field is not None and field.startswith(METADATA))
        if name not in fields and fits and field not in taken:
            fields[name] = field
            taken.add(field)
    names = {"first_name", "last_name"}
    if "full_name" in taken or not names <= taken:  # half a name is none
        fields = {name: None if field in names else field for name, field in fields.items()}
    return {name: fields.get(name) for name in header}


def _check_names(header: Sequence[str]) -> None:
    if len(header) > _MOST_COLUMNS:
        raise WrongHeader(
            f"The header names {len(header):,} columns. Give at most {_MOST_COLUMNS}."
        )
    seen = set()
    for place, name in enumerate(header, 1):
        if not name:
            raise WrongHeader(f"Column {place} of the header has no name. Name it, or delete it.")
        lower = name if name[: len(METADATA)].lower() == METADATA else name.lower()
        if lower in seen and lower != WHAT_IS_WRONG:
            raise WrongHeader(f"The column “{lower[:60]}” is in the header twice. Leave one out.")
        seen.add(lower)


def _check_mapping(
    header: Sequence[str], mapping: Mapped, known: Collection[str], metadata: bool
) -> None:
    for name, field in mapping.items():
        if name not in header:
            raise WrongHeader(
                f"The file has no column “{name[:60]}”, which the mapping names. "
                f"It has: {_list(header)}."
            )
        if not (field is None or field in known or (metadata and field.startswith(METADATA))):
            raise WrongHeader(
                f"“{name[:60]}” is mapped to “{field[:60]}”, which is no field. "
                + _nearest(field, known)
            )
    if "full_name" in mapping.values() and {"first_name", "last_name"} & {*mapping.values()}:
        raise WrongHeader(
            "The full_name is mapped, and the first_name or last_name that it would be made of. "
            "Leave out the one or the other."
        )


def _unknown(name: str, columns: Mapping[str, str], known: Collection[str], metadata: bool) -> str:
    field = field_by_spelling(name)
    if field is not None and field in columns:
        return (
            f"The columns “{columns[field][:60]}” and “{name[:60]}” both seem to be “{field}”. "
            "Leave one out."
        )
    message = f"The column “{name[:60]}” is not known. {_nearest(name, known)}"
    if metadata:
        message += f" To keep its values as metadata, name it “{METADATA}{name[:60]}”."
    return message


def _nearest(name: str, known: Collection[str]) -> str:
    if nearest := get_close_matches(name.lower(), known, n=1):
        return f"Did you mean “{nearest[0]}”?"
    return f"The columns are: {_list(known)}."


def _list(names: Collection[str]) -> str:
    return ", ".join(name[:60] for name in names)
