"""What is wrong with a schedule, said so that its writer can mend it."""


class RuleError(ValueError):
    """`code` is stable; `field` names the part of schedule_config ("" for the whole); `message` is a sentence
    for its writer. Codes: missing, unknown_field, invalid, unsupported, too_dense, never_fires."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message
