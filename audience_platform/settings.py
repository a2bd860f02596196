"""Settings: every value comes from the environment, and the defaults are safe in production.

A value that can't be used stops the start with an error that names its variable.
``docs/settings.md`` lists them.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIRECTORY = Path(__file__).resolve().parent.parent
_environment = environ.Env()


def _read(kind: str, name: str, **default: Any) -> Any:
    """The variable as ``kind`` (a reader of django-environ), or an error that names it."""
    try:
        return getattr(_environment, kind)(name, **default)
    except ImproperlyConfigured:
        raise
    except Exception as error:
        raise ImproperlyConfigured(
            f"The environment variable {name} is {os.environ.get(name)!r}, "
            f"which can't be read as {kind}: {error}"
        ) from error


def _boolean(name: str, default: bool) -> bool:
    """A yes or no. (django-environ's own reader takes every unknown word for no.)"""
    value = os.environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value == "":
        return default
    raise ImproperlyConfigured(
        f"The environment variable {name} is {os.environ[name]!r}; it must be true or false."
    )


def _kept_secret_key(path: Path) -> str:
    """The key in the file, made at the first start; the same for every process that shares it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(made, path)  # fails where another process was first: then its key is used
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text()


DATA_DIRECTORY = Path(_read("str", "PLATFORM_DATA_DIR", default=str(BASE_DIRECTORY / ".data")))
DATA_DIRECTORY = (BASE_DIRECTORY / DATA_DIRECTORY).resolve()

DEBUG = _boolean("DEBUG", False)
SECRET_KEY = _read("str", "SECRET_KEY", default="") or _kept_secret_key(
    DATA_DIRECTORY / "secret_key"
)
ALLOWED_HOSTS = _read("list", "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = _read("list", "CSRF_TRUSTED_ORIGINS", default=[])

# Served over HTTPS unless said otherwise (as `manage.py demo` does on this machine alone).
HTTPS = _boolean("HTTPS", True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # load balancers ask from within, without TLS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = _read("int", "SECURE_HSTS_SECONDS", default=3600 if HTTPS else 0)
if _boolean("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_filters",
    "rest_framework",
    "rest_framework_json_api",
    "drf_spectacular",
    "drf_spectacular_jsonapi",
    "drf_spectacular_sidecar",
    "segments",
    "audiences",
    "offers",
    "audience_platform",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "audience_platform.urls"
WSGI_APPLICATION = "audience_platform.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIRECTORY / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    """The server that DATABASE_URL names, or our own under the data directory."""
    if not os.environ.get("DATABASE_URL"):
        return {"ENGINE": "audience_platform.postgresql", "DATA_DIRECTORY": DATA_DIRECTORY}
    database: dict[str, Any] = _read("db_url", "DATABASE_URL")
    if database.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "The environment variable DATABASE_URL must name a PostgreSQL server, "
            "such as postgresql://user:password@host:5432/database."
        )
    return database


DATABASES = {
    "default": {
        "NAME": "audience_platform",
        "CONN_MAX_AGE": _read("int", "CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        **_database(),
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIRECTORY / "static"
# Served straight from the apps: nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

REST_FRAMEWORK: dict[str, Any] = {}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": _read("str", "LOG_LEVEL", default="INFO"),
    },
}
