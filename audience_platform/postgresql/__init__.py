"""Django's PostgreSQL, on the embedded server.

::

    DATABASES = {
        "default": {
            "ENGINE": "audience_platform.postgresql",
            "NAME": "audience_platform",
            "DATA_DIRECTORY": Path(".data"),  # the server's files go to its folder postgresql
            "CONN_HEALTH_CHECKS": True,  # a killed server is back before the next request notices
        }
    }

Any other key of Django's works, but HOST, PORT, USER and PASSWORD are ignored. The first connection
starts the server and creates the database NAME. What doesn't connect (``check``, ``collectstatic``)
starts nothing. A server that can't be started is Django's OperationalError, like one that is away.
"""
