"""The local run: ready by one command, mended when parts are killed, stopped without an orphan, refused in one sentence."""

import asyncio
import json
import os
import shutil
import signal
import smtplib
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import asyncpg
import httpx
import pytest
import redis

from tests.dev.local_run import RECOVERY_SECONDS, LocalRun, answers, is_running, launch, wait_until

PROMISED = {
    "api_url", "employer_api_url", "operator_api_url", "docs_url", "mailbox_url", "push_inbox_url",
    "registration_link_token", "employer", "staff", "stores", "superuser_dsns", "redis_url",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Iterator[LocalRun]:
    """A local run, stopped in any case."""
    local_run = LocalRun(tmp_path / "data")
    yield local_run
    if local_run.launcher is not None and not local_run.has_ended():
        local_run.stop()
    elsewhere = local_run.data_dir / "postgres.path"
    if elsewhere.exists():
        shutil.rmtree(Path(elsewhere.read_text()).parent)


def test_a_run_is_ready_mends_itself_stops_and_starts_again_with_the_same_data(run: LocalRun) -> None:
    told = run.start()
    assert told.keys() >= PROMISED
    assert stat.S_IMODE((run.data_dir / "dev.json").stat().st_mode) == 0o600
    assert len(told["registration_link_token"]) >= 128
    assert {person["role"] for person in told["staff"]} == {"coach", "privacy_officer", "complaints_officer", "operator"}
    _check_sinks(run, told)
    asyncio.run(_check_roles(told))
    _check_mends_itself(run, told)

    started = list(run.processes().values())
    assert run.stop(signal.SIGINT) < 10
    assert not any(is_running(pid) for pid in started)

    again = run.start()
    assert (again["registration_link_token"], again["staff"]) == (told["registration_link_token"], told["staff"])
    assert answers(f"{again['api_url']}/v1/terms/current")

    left = list(run.processes().values())
    run.kill()
    wait_until(lambda: not any(is_running(pid) for pid in left), 10)
    assert run.start()["employer"] == told["employer"]


def _check_sinks(run: LocalRun, told: dict[str, str]) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@vitalapp.example", "b@mail.example", "Hallo"
    message.set_content("tekst")
    message.add_alternative("<p>tekst</p>", subtype="html")
    environment = json.loads((run.data_dir / "environment.json").read_text())
    host, _, port = environment["VITALAPP_SMTP_URL"].removeprefix("smtp://").partition(":")
    with smtplib.SMTP(host, int(port)) as client:
        client.send_message(message)
    (mail,) = httpx.get(told["mailbox_url"]).json()
    assert (mail["to"], mail["from"], mail["subject"]) == ("b@mail.example", "a@vitalapp.example", "Hallo")
    assert (mail["text"].strip(), mail["html"].strip()) == ("tekst", "<p>tekst</p>")

    push = {"token": "target-1", "data": {"kind": "wake-up"}}
    answer = httpx.post(f"{told['push_inbox_url']}v1/projects/local/messages:send", json={"message": push})
    assert answer.status_code == 200
    (received,) = httpx.get(told["push_inbox_url"]).json()
    assert (received["target"], received["message"]) == ("target-1", push)


async def _check_roles(told: dict[str, dict[str, str]]) -> None:
    for store, dsn in told["stores"].items():
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT current_user") == f"vitalapp_{store}_app"
        await connection.close()


def _check_mends_itself(run: LocalRun, told: dict[str, str]) -> None:
    before = set(run.processes().values())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    names = {"postgres", "valkey", "api-app", "api-employer", "api-operator", "worker", "worker-employer"}
    wait_until(lambda: len(run.processes()) >= len(names) and not before & set(run.processes().values()), RECOVERY_SECONDS)
    wait_until(lambda: answers(f"{told['api_url']}/v1/terms/current"), RECOVERY_SECONDS)
    environment = json.loads((run.data_dir / "environment.json").read_text())
    wait_until(lambda: _is_migrated(environment), RECOVERY_SECONDS)
    with redis.Redis.from_url(told["redis_url"]) as client:
        assert client.ping()


def _is_migrated(environment: dict[str, str]) -> bool:
    command = [sys.executable, "-m", "vitalapp", "migrate", "--check"]
    return subprocess.run(command, env={**os.environ, **environment}, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--port", "{taken}"), "Port {taken} is taken"), (("--port", "70000"), "There is no port 70000")],
)
def test_a_port_that_cannot_be_had_is_refused_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, str], sentence: str
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = str(listener.getsockname()[1])
        refused = _refusal(tmp_path, *(argument.format(taken=taken) for argument in arguments))
    assert refused.startswith(f"Error: {sentence.format(taken=taken)}")


def test_a_folder_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert "cannot be written" in _refusal(tmp_path, "--data-dir", str(tmp_path / "file" / "data"))


def test_data_of_another_postgresql_is_refused_and_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (tmp_path / "data" / "facts.json").write_text("{}")
    (tmp_path / "data" / "postgres.path").write_text(str(cluster))
    (cluster / "PG_VERSION").write_text("9\n")
    assert "was made by PostgreSQL 9" in _refusal(tmp_path)
    assert (cluster / "PG_VERSION").read_text() == "9\n"


def test_a_second_run_of_the_same_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    from vitalapp.dev.folder import Folder

    folder = Folder(tmp_path / "data")
    folder.make()
    with folder.lock():
        assert "is going on already" in _refusal(tmp_path)


def _refusal(folder: Path, *arguments: str) -> str:
    launcher = launch(folder / "data", *arguments)
    assert launcher.wait(60) == 1
    said = (folder / "output.txt").read_text()
    assert said.count("\n") == 1
    return said
