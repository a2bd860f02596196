from audiences.types import registry
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Named, Path
from audiences.types.registry import UnknownAudienceType

__all__ = [
    "AudienceType",
    "Configuration",
    "ConfigurationError",
    "Named",
    "Path",
    "UnknownAudienceType",
    "registry",
]
