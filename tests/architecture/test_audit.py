"""Whatever changes something is driven by the test that looks for its entry on the log, or excused here."""

from tests.integration.audit.changes import changes, changing

SILENT = {
    "sign_up": "sends a mail; who asked has proven nothing, and no account is there yet",
    "reset_password": "sends a mail; who asked has proven nothing",
    "start_oidc_login": "keeps nothing: what it begins travels with the browser",
    "preview_recurring_post": "keeps nothing: it shows what a schedule comes to",
    "refresh": "a session goes on as it was; a stolen token that comes again is on the log",
}
"""Operations by name, and why their success leaves no entry."""


def test_every_operation_that_changes_something_is_driven_or_excused():
    """In tests/integration/audit/changes.py: by itself, if its ids can be made, or by hand."""
    driven = {change.name for change in changes()}
    assert changing().keys() - driven == SILENT.keys()
