from audiences.services.define import define_audience, redefine_audience
from audiences.services.describe import summaries
from audiences.services.work_out import segment_numbers, work_out

__all__ = ["define_audience", "redefine_audience", "segment_numbers", "summaries", "work_out"]
