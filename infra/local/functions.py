"""Every function of the template, ready to be invoked in sandbox processes of its own."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from infra.local.forking import PRELOADED, Forking
from infra.local.intrinsics import ACCOUNT, REGION
from infra.local.pools import Invocation, Pool, Sandbox
from infra.local.template import Function

IDLE_SECONDS = 300.0


class Functions:
    """Every function of the template, ready to be invoked."""

    def __init__(
        self,
        functions: Iterable[Function],
        environment: Callable[[Function], Mapping[str, str]],
        import_roots: Iterable[Path],
        logs: Path,
        preloaded: Sequence[str] = PRELOADED,
    ) -> None:
        self._environment = environment
        self._import_roots = [str(root) for root in import_roots]
        self._logs = logs
        self._code_version = 0
        self._forking = Forking(self._import_roots, preloaded)
        self.pools = {
            function.logical_id: Pool(function, self._start, self.log(function), lambda: self._code_version)
            for function in functions
        }

    def log(self, function: Function) -> Path:
        """Where the function's output goes."""
        return self._logs / f"{function.name}.log"

    def invoke(self, name: str, event: object, patience: float = 60.0) -> Invocation:
        """Run a function, named by its folder or its logical id, and wait for what comes of it."""
        for logical_id, pool in self.pools.items():
            if name in (logical_id, pool.function.name):
                return pool.invoke(event, patience)
        message = f"there is no function {name} in the template"
        raise KeyError(message)

    @property
    def pid(self) -> int:
        """The process that sandboxes are forked from."""
        return self._forking.pid

    def are_busy(self) -> bool:
        """Whether an invocation runs."""
        return any(pool.is_busy() for pool in self.pools.values())

    def use_code(self, version: int) -> None:
        """From now on only sandboxes that imported this version of the code are used."""
        self._code_version = version
        self._forking.reload()

    def end_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """See `Pool.end_idle`."""
        for pool in self.pools.values():
            pool.end_idle(idle_seconds)

    def close(self) -> None:
        """End every sandbox and the process they come from."""
        for pool in self.pools.values():
            pool.close()
        self._forking.close()

    def _start(self, function: Function) -> Sandbox:
        folder = function.folder.relative_to(self._import_roots[0])
        settings = {
            "handler": ".".join((*folder.parts, function.handler)),
            "log": str(self.log(function)),
            "environment": {**_lambda_environment(function), **self._environment(function)},
        }
        version = self._code_version
        pid, channel = self._forking.start(settings)
        return Sandbox(pid, channel, version)


def _lambda_environment(function: Function) -> dict[str, str]:
    """What Lambda sets by itself; not AWS_EXECUTION_ENV, by which code may tell that it really is there."""
    return {
        **{name: os.environ[name] for name in ("HOME", "LANG", "PATH", "TMPDIR") if name in os.environ},
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.logical_id}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": REGION,
        "LOCAL_ACCOUNT_ID": ACCOUNT,
        "TZ": ":UTC",
    }
