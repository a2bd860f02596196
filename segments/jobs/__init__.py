"""Work that segments need in the background."""

from segments.jobs.imports import (
    KEPT,
    carry_out_import,
    look_after_imports,
    remove_nameless_files,
    start_import,
)
from segments.jobs.search import defer_reading, read_texts

__all__ = [
    "KEPT",
    "carry_out_import",
    "defer_reading",
    "look_after_imports",
    "read_texts",
    "remove_nameless_files",
    "start_import",
]
