from audiences.services.define import define_audience, redefine_audience

__all__ = ["define_audience", "redefine_audience"]
