"""Settings: every value comes from the environment, and the defaults are safe in production.

A value that can't be used stops the start with an error that names its variable.
``docs/settings.md`` lists them.
"""

from pathlib import Path
from typing import Any

from audience_platform import environment

BASE_DIRECTORY = Path(__file__).resolve().parent.parent
DATA_DIRECTORY = environment.directory("PLATFORM_DATA_DIR", ".data", base=BASE_DIRECTORY)

DEBUG = environment.boolean("DEBUG", False)
SECRET_KEY = environment.secret("SECRET_KEY", kept_in=DATA_DIRECTORY / "secret_key")
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")

# Served over HTTPS unless said otherwise (as `manage.py demo` does on this machine alone).
HTTPS = environment.boolean("HTTPS", True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # load balancers ask from within, without TLS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = environment.number("SECURE_HSTS_SECONDS", 3600 if HTTPS else 0, "seconds")
BEHIND_PROXY = environment.boolean("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whether all of the domain's other hosts are on HTTPS too is not ours to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
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
    "django.contrib.humanize",
    "django_filters",
    "rest_framework",
    "rest_framework_json_api",
    "drf_spectacular",
    "drf_spectacular_jsonapi",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "segments",
    "audiences",
    "offers",
    "audience_platform",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "audience_platform.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audience_platform.middleware.WhoActs",
    "audience_platform.throttling.RateLimits",
    "audience_platform.middleware.SpaceClock",
]

LOGIN_REDIRECT_URL = "admin:index"

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


# The server that DATABASE_URL names, or else our own under the data directory.
DATABASES = {
    "default": {
        "CONN_MAX_AGE": environment.number("CONN_MAX_AGE", 60, "seconds"),
        "CONN_HEALTH_CHECKS": True,
        **(
            environment.database("DATABASE_URL")
            or {
                "ENGINE": "audience_platform.postgresql",
                "NAME": "audience_platform",
                "DATA_DIRECTORY": DATA_DIRECTORY,
            }
        ),
    }
}

# Only checked here: the embedded server asks for it at its end, when Django may be gone.
environment.boolean("PLATFORM_KEEP_DATABASE", False)

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
FORMAT_MODULE_PATH = "audience_platform.formats"
USE_I18N = True
USE_TZ = True

# Nothing may be loaded, framed or sent elsewhere. A page that needs more says so itself.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# The admin's own: everything from this host alone. Alpine, on which Unfold's pages are built,
# makes functions of the expressions in its attributes, and Unfold writes colours into a <style>.
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
}

# The admin's frame. Each value may name a function, which Unfold then asks at every request.
UNFOLD = {
    "SITE_TITLE": "Audience Platform",
    "SITE_HEADER": "Audience Platform",
    "SITE_SUBHEADER": "audience_platform.admin.navigation.space_name",
    "SITE_DROPDOWN": "audience_platform.admin.navigation.space_choices",
    "SITE_SYMBOL": "adjust",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": "audience_platform.admin.navigation.icon",
        }
    ],
    "STYLES": ["audience_platform.admin.navigation.stylesheet"],
    "SCRIPTS": ["audience_platform.admin.navigation.script"],
    "DASHBOARD_CALLBACK": "audience_platform.admin.home.fill",
    "SIDEBAR": {"navigation": "audience_platform.admin.navigation.sidebar"},
}

STATIC_URL = "static/"
# Served straight from the apps: there is nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Files that were sent to be imported. They hold members' data, so nothing serves them.
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "imports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": DATA_DIRECTORY / "imports",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
IMPORT_LARGEST_FILE = environment.number("IMPORT_LARGEST_FILE", 2048, "megabytes") * 1024 * 1024

# The longest body that is read whole: some 200,000 resource identifiers.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["audience_platform.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["audience_platform.authentication.ScopeAllows"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "audience_platform.api.negotiation.JSONAPINegotiation",
    "DEFAULT_PARSER_CLASSES": ["audience_platform.api.parser.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["audience_platform.api.renderer.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "audience_platform.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": [
        "audience_platform.api.filters.Filters",
        "audience_platform.api.filters.Sorting",
    ],
    "DEFAULT_SCHEMA_CLASS": "audience_platform.api.openapi.JSONAPISchema",
    "EXCEPTION_HANDLER": "audience_platform.api.errors.exception_handler",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Audience Platform",
    "DESCRIPTION": "Decides who sees which offer. JSON:API 1.1, for one space at a time: that of "
    "the key, or the one that the header X-Space picks.",
    "VERSION": "1",
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATIONS": False,
}

# Requests a minute that each endpoint of the APIs takes from one key, or from one address where no
# key is known; 0: any number.
RATE_LIMIT = environment.number("RATE_LIMIT", 6000, "requests a minute")
RATE_LIMITS = environment.numbers("RATE_LIMITS")
# Where requests are counted, by all processes together: in PostgreSQL when this is empty.
REDIS_URL = environment.redis("REDIS_URL")
# Previews that clients of Segment's API may ask for, a month and space; 0: any number.
SEGMENT_PREVIEWS_A_MONTH = environment.number("SEGMENT_PREVIEWS_A_MONTH", 700, "previews a month")
# The APIs, by the beginnings of their paths, and how each of them refuses.
DIALECTS = {
    "/api/": "audience_platform.api.errors",
    "/spaces/": "audience_platform.facades.segment.errors",
    "/audit-events/": "audience_platform.facades.segment.errors",
    "/data/core/": "audience_platform.facades.adobe.errors",
    "/ims/": "audience_platform.facades.adobe.errors",
    "/api/v1/": "audience_platform.facades.fanfare.errors",
}
# Where lists come from: on the public Internet, but for the hosts that are named here.
SOURCES_ALLOWED_HOSTS = environment.hosts("SOURCES_ALLOWED_HOSTS", [])
KLAVIYO_URL = environment.origin("KLAVIYO_URL", "https://a.klaviyo.com")
# By the first, the keys of sources are encrypted; by any, they are read.
SOURCE_SECRETS = environment.secrets_in_order("SOURCE_SECRETS", [SECRET_KEY])
# How long what each sync did is kept.
SYNCS_DAYS = environment.number("SYNCS_DAYS", 90, "days")

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# How long what was done is kept in the audit trail.
HISTORY_PAGE = "admin:audience_platform_auditevent_changelist"  # of what has an object_id
AUDIT_TRAIL_DAYS = environment.number("AUDIT_TRAIL_DAYS", 400, "days")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"procrastinate": {"level": "WARNING"}},
    "root": {
        "handlers": ["console"],
        "level": environment.choice(
            "LOG_LEVEL", "INFO", ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]
        ),
    },
}
