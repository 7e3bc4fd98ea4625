"""The stack as a command: one at a time, stopped cleanly, and nothing lost when it is killed."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import ports
from infra.local.services import Services
from tests.integration.runtime.conftest import TEMPLATE

READY = "Ctrl-C stops it"


class Command:
    """`python -m infra.local` on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = ports.all_free()
        self.running: list[subprocess.Popen[str]] = []

    def start(self, word: str = "up") -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "infra.local",
            word,
            "--template",
            TEMPLATE,
            "--directory",
            self.directory,
        ]
        named = {f"LAMPLIGHTER_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        process = subprocess.Popen(
            command, env=os.environ | named, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.running.append(process)
        return process

    def up(self) -> subprocess.Popen[str]:
        """Started, and ready."""
        process = self.start()
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if READY in line:
                return process
        pytest.fail("".join(lines))

    def outcome(self, word: str) -> tuple[int, str]:
        process = self.start(word)
        said, _ = process.communicate(timeout=30)
        return process.returncode, said

    def state(self) -> dict:
        return json.loads((self.directory / "stack.json").read_text())

    def services(self) -> Services:
        return Services(f"http://127.0.0.1:{self.ports['aws']}", {})


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "state")
    yield command
    for process in command.running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        if process.stdout:
            process.stdout.close()


def echoed(port: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/echo", timeout=20) as answer:  # ours
        return json.load(answer)


def is_alive(pid: int) -> bool:
    asked = ["/bin/ps", "-p", str(pid), "-o", "stat="]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


def test_one_runs_at_a_time_and_what_it_kept_is_there_after_a_kill(command):
    first = command.up()
    shown = echoed(command.ports["gateway"])
    environment, sandbox = shown["environment"], shown["pid"]
    services = command.services()
    key = environment["KEY_ID"]
    context = {"workspace_id": "w"}
    wrapped = services.kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=context)
    form = services.s3.generate_presigned_post(
        environment["BUCKET"], "w/picture", Fields={"Content-Type": "image/png"}
    )
    assert posted(form, b"\x89PNG") == 204
    services.s3.put_object(Bucket=environment["BUCKET"], Key="w/gone", Body=b"x")
    services.s3.delete_object(Bucket=environment["BUCKET"], Key="w/gone")
    login = services.secret(environment["LOGIN_SECRET_ID"])
    pids = [*command.state()["children"].values(), sandbox]
    said = f"Lamplighter already runs: process {first.pid}, {command.state()['url']}\n"
    assert command.outcome("up") == (1, said)
    assert command.outcome("status")[0] == 0

    first.kill()
    first.wait()
    second = command.up()

    assert not [pid for pid in pids if is_alive(pid)]
    assert command.state()["ports"] == command.ports
    again = echoed(command.ports["gateway"])["environment"]
    assert {again[name] == environment[name] for name in ("KEY_ID", "LOGIN_SECRET_ID", "BUCKET")} == {True}
    unwrapped = services.kms.decrypt(CiphertextBlob=wrapped["CiphertextBlob"], EncryptionContext=context)
    assert unwrapped["Plaintext"] == wrapped["Plaintext"]
    found = services.s3.get_object(Bucket=environment["BUCKET"], Key="w/picture")
    assert (found["Body"].read(), found["ContentType"]) == (b"\x89PNG", "image/png")
    listed = services.s3.list_objects_v2(Bucket=environment["BUCKET"])["Contents"]
    assert [item["Key"] for item in listed] == ["w/picture"]
    assert services.secret(environment["LOGIN_SECRET_ID"]) == login
    combined = json.loads(services.secret(environment["COMBINED_SECRET_ID"]))
    assert combined == {"login": json.loads(login)["password"]}
    assert json.loads(login)["username"] == "somebody"

    assert command.outcome("down") == (0, f"stopped process {second.pid}\n")
    assert second.wait(5) == 0
    assert command.outcome("status") == (3, "Lamplighter does not run\n")


def posted(form: dict, content: bytes) -> int:
    """The status of a browser's upload by a presigned form."""
    boundary = "----boundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = "".join([*parts, head]).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(form["url"], body, headers)  # noqa: S310  # ours
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # ours
        return answer.status


def test_ctrl_c_stops_it_cleanly_and_a_second_one_changes_nothing(command):
    process = command.up()
    pids = command.state()["children"].values()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "Traceback" not in process.stdout.read()
    assert not [pid for pid in pids if is_alive(pid)]
    assert not (command.directory / "stack.json").exists()


def test_an_interruption_while_it_starts_leaves_nothing_running(command):
    process = command.start()
    while not (command.directory / "stack.json").exists():
        time.sleep(0.01)
    time.sleep(0.3)
    pids = command.state()["children"].values()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert pids
    assert not [pid for pid in pids if is_alive(pid)]


def test_down_ends_what_a_killed_run_left_and_status_names_it(command):
    assert command.outcome("down") == (0, "nothing was running\n")
    process = command.up()
    pid = command.state()["children"]["aws"]
    os.kill(pid, signal.SIGSTOP)  # so that it cannot notice that the stack is gone
    process.kill()
    process.wait()

    code, said = command.outcome("status")
    assert code == 3
    assert f"aws (process {pid})" in said
    code, said = command.outcome("down")
    assert code == 0
    assert f"aws (process {pid})" in said
    assert not is_alive(pid)
    assert command.outcome("down") == (0, "nothing was running\n")


def test_down_ends_no_process_that_only_has_the_number_of_one_that_was_ours(command):
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        command.directory.mkdir()
        state = {"pid": stranger.pid, "children": {"aws": stranger.pid}}
        (command.directory / "stack.json").write_text(json.dumps(state))
        assert command.outcome("down") == (0, "nothing was running\n")
        assert stranger.poll() is None
        stranger.kill()


def test_what_it_keeps_is_closed_to_others(command):
    command.up()
    assert command.directory.stat().st_mode & 0o777 == 0o700
