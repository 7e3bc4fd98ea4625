"""The whole stack on one machine: databases, AWS services, functions, and what starts them."""

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.local import children, ports, resources, services, template, zones
from infra.local.access_log import AccessLog
from infra.local.code import CodeWatch
from infra.local.console import Console
from infra.local.databases import ClickHouse, Postgres
from infra.local.functions import Functions
from infra.local.gateway import Gateway
from infra.local.mailbox import Mailbox
from infra.local.pools import Invocation, ThrottledError
from infra.local.queues import Poller
from infra.local.schedules import Schedules
from infra.local.secrets_extension import SecretsExtension
from infra.local.services import Services
from infra.local.state import State
from infra.local.template import Function

TEMPLATE = children.ROOT / "template.yaml"
DIRECTORY = children.ROOT / ".local"
ADMIN_SECRET = "lamplighter-administrator"  # noqa: S105  # its name
PARAMETERS = {"Environment": "local", "DatabaseAdminSecretId": ADMIN_SECRET, "OrganizationsOpen": "open"}
"""What the template is told when it runs here."""
MIGRATE = "migrate"
"""The function that brings the databases to where the code wants them."""
PREFIX = "LAMPLIGHTER_"
"""A function's variable may be overridden from outside: LAMPLIGHTER_LOOK_AHEAD_SECONDS=10."""
CORS_ORIGINS = f"{PREFIX}CORS_ORIGINS"
"""For a page of one's own that calls the stack: LAMPLIGHTER_CORS_ORIGINS=http://localhost:3000."""
FINISH_SECONDS = 2.0
"""How long a stop waits for invocations; what it cuts short comes back, as after a crash."""


class Stack:
    """Everything that template.yaml describes, running. Use as a context manager, or start() and close().

    A database or AWS service is embedded unless `environ` says where another one is (DATABASE_URL,
    CLICKHOUSE_URL, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS, ...). With `use_ports` None the usual ports are
    used; tests give `ports.all_free()`.
    """

    def __init__(
        self,
        *,
        template_path: Path = TEMPLATE,
        directory: Path = DIRECTORY,
        use_ports: Mapping[str, int] | None = None,
        environ: Mapping[str, str] | None = None,
        console: Console | None = None,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        origins = {"CorsOrigins": self._environ.get(CORS_ORIGINS, "")}
        self.template = template.load(template_path, PARAMETERS | origins)
        self.directory = directory.absolute()
        self.console = console or Console(quiet=True)
        self.postgres: Postgres | None = None
        self.clickhouse: ClickHouse | None = None
        self.mailbox: Mailbox | None = None
        self._use_ports = use_ports
        self._state = State(self.directory)
        self._closing = ExitStack()
        self._stopped = False
        self._local: dict[str, str] = {}
        self._servers: dict[str, children.Child] = {}

    def start(self) -> Self:
        """Start everything; raises AlreadyRunningError if another process has this directory's stack."""
        left_over = self._state.take()
        self._closing.callback(self._state.release)
        try:
            self._start(left_over)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop in the reverse order. Repeating it does nothing."""
        self._stopped = True
        self._closing.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def settings(self) -> dict[str, str]:
        """The variables that every function is given, and what it takes to reach the AWS services."""
        return self._resolved(self.template.globals_environment(), "Globals")

    def environment(self, function: Function) -> dict[str, str]:
        """The variables of one function."""
        return self._resolved(function.environment, function.logical_id)

    def invoke(self, name: str, event: object = None, patience: float = 60.0) -> Invocation:
        """Run a function, named by its folder or logical id, and wait for what comes of it."""
        invocation = self.functions.invoke(name, {} if event is None else event, patience)
        self._note(invocation)
        return invocation

    def _start(self, left_over: Mapping[str, Any]) -> None:
        children.end_left_over(left_over.get("children", {}).values())
        ours = left_over.get("ports", {})
        self.ports = self._use_ports or ports.fixed(self._environ, ours, self.console.say)
        self._logs = self.directory / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self.functions = self._functions()
        self._say_where()
        parts = "databases, AWS services, functions"
        with self.console.step(f"starting {parts}", parts):
            self._start_services()
        if any(function.name == MIGRATE for function in self.template.functions()):
            with self.console.step("migrating the databases", "migrations"):
                self._migrate()
        self._start_triggers()
        self._say_where()

    def _start_services(self) -> None:
        """The slow ones first, so that they start side by side."""
        aws = self._embedded_aws()
        if self._is_used("CLICKHOUSE_URL"):
            self.clickhouse = self._clickhouse()
        self._say_where()
        if self._is_used("DATABASE_URL"):
            self.postgres = Postgres(self.directory / "postgres", self.ports["postgres"], self._environ)
            self._closing.callback(self.postgres.stop)
            self.postgres.start()
        if aws is not None:
            aws.wait_until_ready()
        endpoint = f"http://127.0.0.1:{self.ports['aws']}" if aws is not None else None
        self.mailbox = self._embedded_mailbox()
        mail = None if self.mailbox is None else self.mailbox.url
        self.services = Services(endpoint, self._environ, mail)
        references = resources.create(self.template, self.services)
        self._scope = self.template.scope.knowing(references)
        self._references = references
        self._closing.callback(SecretsExtension(self.ports["secrets"], self.services.secret).close)
        self._local = self._addresses()
        if self.clickhouse is not None:
            self.clickhouse.wait_until_ready()

    def _functions(self) -> Functions:
        """The template's functions, in the code that is on disk."""
        declared, roots = self.template.functions(), self.template.import_roots()
        functions = Functions(declared, self.environment, roots, self._logs)
        self._closing.callback(functions.close)
        folders = [*(function.folder for function in declared), *roots[1:], zones.link(self.directory)]
        self._closing.callback(CodeWatch(folders, functions.use_code, self._look_after).stop)
        return functions

    def _embedded_aws(self) -> children.Child | None:
        if services.are_all_elsewhere(self._environ):
            return None
        aws = children.Child("aws", str(self.ports["aws"]), str(self.directory), log=self._logs / "aws.log")
        self._closing.callback(aws.stop)
        self._servers["aws"] = aws
        return aws

    def _embedded_mailbox(self) -> Mailbox | None:
        if not self._is_used("MAIL_FROM") or services.is_mail_elsewhere(self._environ):
            return None
        mailbox = Mailbox(self.ports["mailbox"])
        self._closing.callback(mailbox.close)
        return mailbox

    def _clickhouse(self) -> ClickHouse:
        log = self._logs / "clickhouse.log"
        clickhouse = ClickHouse(self.directory / "clickhouse", self.ports["clickhouse"], self._environ, log)
        self._closing.callback(clickhouse.stop)
        if clickhouse.child is not None:
            self._servers["clickhouse"] = clickhouse.child
        return clickhouse

    def _migrate(self) -> None:
        """By the very function that does it in AWS: it also gives the logins their passwords."""
        if self.postgres is not None:
            self.services.keep_secret(ADMIN_SECRET, self.postgres.admin)
        invocation = self.invoke(MIGRATE)
        if invocation.error is not None:
            message = f"migrating failed: {invocation.error['errorMessage']} (see {self._logs}/{MIGRATE}.log)"
            raise RuntimeError(message)

    def _start_triggers(self) -> None:
        functions = self.template.functions()
        self._closing.callback(self._finish)
        for function in functions:
            for mapping in function.mappings:
                queue = self._references[mapping.queue]
                pool = self.functions.pools[function.logical_id]
                self._closing.callback(Poller(self.services.sqs, queue, mapping, pool, self._note).stop)
        self._closing.callback(Schedules(functions, self._fire).stop)
        self._closing.callback(self._gateway().close)

    def _gateway(self) -> Gateway:
        line = self.template.access_log_format()
        log = AccessLog(self._logs / "access.log", line) if line else None
        routes, cors = self.template.routes(), self.template.cors()
        return Gateway(self.ports["gateway"], routes, self.invoke, cors, access_log=log)

    def _fire(self, name: str, event: object) -> None:
        """For a schedule: when every sandbox is busy, this moment is passed over."""
        with suppress(ThrottledError):
            self.invoke(name, event)

    def _finish(self) -> None:
        """Wait a moment for what runs."""
        deadline = time.monotonic() + FINISH_SECONDS
        while self.functions.are_busy() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _note(self, invocation: Invocation) -> None:
        if not self._stopped:  # a sandbox that the stop ends is no error
            self.console.note(invocation, self.functions.log(invocation.function))

    def _is_used(self, variable: str) -> bool:
        return any(variable in function.environment for function in self.template.functions())

    def _addresses(self) -> dict[str, str]:
        """What variables say here in place of what the template says."""
        allowed = [self._environ.get(name, "") for name in ("EGRESS_ALLOW", f"{PREFIX}EGRESS_ALLOW")]
        addresses = {
            "PUBLIC_URL": self._environ.get("PUBLIC_URL") or self.url,
            "SANDBOX_URL": self._environ.get("SANDBOX_URL") or self.url,
            "MAIL_FROM": self._environ.get("MAIL_FROM") or "Lamplighter <no-reply@lamplighter.test>",
            "MAIL_LINK_BASE": self._environ.get("MAIL_LINK_BASE") or f"{self.url}/docs",
            "SECRETS_ENDPOINT": f"http://127.0.0.1:{self.ports['secrets']}",
            "PYTHONTZPATH": str(zones.link(self.directory)),
            "EGRESS_ALLOW": ",".join(filter(None, [self.url.removeprefix("http://"), *allowed])),
        }
        if self.postgres is not None:
            addresses["DATABASE_URL"] = self.postgres.address
        if self.clickhouse is not None:
            addresses["CLICKHOUSE_URL"] = self.clickhouse.url
        return addresses

    def _resolved(self, declared: Mapping[str, Any], where: str) -> dict[str, str]:
        """Variables with this machine's values; what is overridden need not mean anything here."""
        found = {}
        for name, value in declared.items():
            given = self._local.get(name) or self._environ.get(PREFIX + name)
            found[name] = given or str(self._scope.resolve(value, f"{where}, variable {name}"))
        return {**found, **self.services.environment()}

    def _look_after(self) -> None:
        """Every second: end what is idle, and say once when a server has ended by itself."""
        self.functions.end_idle()
        for name, server in list(self._servers.items()):
            if not server.is_alive() and not self._stopped:
                del self._servers[name]
                self.console.say(
                    f"{name} has ended by itself, {self._logs}/{name}.log may say why: start again"
                )

    def _say_where(self) -> None:
        """For `status` and `down`, and for the next start should this one be killed."""
        pids = {"functions": self.functions.pid} | {
            name: server.pid for name, server in self._servers.items()
        }
        state = {"pid": os.getpid(), "url": self.url, "ports": dict(self.ports), "children": pids}
        self._state.write(state)
