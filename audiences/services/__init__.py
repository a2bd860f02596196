from audiences.services.define import define_audience, redefine_audience
from audiences.services.describe import referred_names, summaries, titles, warnings
from audiences.services.explain import audiences_of, explain
from audiences.services.meaning import Meaning, Meanings, Part, meanings_now, read_meanings
from audiences.services.now import held_now, held_stored
from audiences.services.overlap import overlap
from audiences.services.preview import preview
from audiences.services.refresh import Outcome, refresh_space
from audiences.services.work_out import work_out

__all__ = [
    "Meaning",
    "Meanings",
    "Outcome",
    "Part",
    "audiences_of",
    "define_audience",
    "explain",
    "held_now",
    "held_stored",
    "meanings_now",
    "overlap",
    "preview",
    "read_meanings",
    "redefine_audience",
    "referred_names",
    "refresh_space",
    "summaries",
    "titles",
    "warnings",
    "work_out",
]
