import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError
from django.db.backends.postgresql import base, client

from audience_platform import embedded_postgres
from audience_platform.embedded_postgres import programs


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell``, also on a machine without psql."""

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()
        found = [str(each.folder) for each in programs.available(programs.Account())]
        os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *found])
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        # Tests put the name of their own database here, which is Django's to create.
        self._configured_name = settings_dict["NAME"]

    def get_connection_params(self) -> dict[str, Any]:
        """Start the server first, whoever is about to connect: Django or a pool of its own."""
        settings = self.settings_dict
        if not settings.get("DATA_DIRECTORY"):
            raise ImproperlyConfigured("DATABASES with this ENGINE need the key DATA_DIRECTORY.")
        try:
            server = embedded_postgres.start(Path(settings["DATA_DIRECTORY"]))
            if settings["NAME"] and settings["NAME"] == self._configured_name:
                server.create_database(settings["NAME"])
        except embedded_postgres.EmbeddedPostgresError as error:
            raise OperationalError(str(error)) from error
        parameters = server.connection_parameters
        for name in ("host", "port", "user"):  # dbshell reads them here
            settings[name.upper()] = parameters[name]
        return parameters | super().get_connection_params()
