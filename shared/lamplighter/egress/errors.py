"""How an outgoing request can fail. No text of these ever holds a header, a body, a path or a query."""


class _Failed(Exception):  # noqa: N818  # its heirs read as what happened, like every domain error here
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Refused(_Failed):
    """The rules forbid this request, now and on every retry.

    `code`: url | scheme | userinfo | host | port | address | header. `reason` may be shown to the user.
    """


class NotSent(_Failed):
    """Proven: no byte of the request left this machine. `code`: dns | connect | tls. Safe to send again."""


class Interrupted(_Failed):
    """Bytes of the request left and no complete, readable answer came back: nobody knows what became of it.

    `code`: timeout | reset | too_large | unreadable.
    """
