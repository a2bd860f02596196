from audiences.sources.klaviyo.vendor import Klaviyo

__all__ = ["Klaviyo"]
