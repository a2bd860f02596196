from audiences.services.define import define_audience, redefine_audience
from audiences.services.describe import referred_names, summaries
from audiences.services.meaning import Meaning, Meanings, Part, read_meanings
from audiences.services.refresh import Outcome, refresh_space
from audiences.services.work_out import work_out

__all__ = [
    "Meaning",
    "Meanings",
    "Outcome",
    "Part",
    "define_audience",
    "read_meanings",
    "redefine_audience",
    "referred_names",
    "refresh_space",
    "summaries",
    "work_out",
]
