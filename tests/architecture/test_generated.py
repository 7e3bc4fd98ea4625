"""What is generated and committed is what its source says now."""

from infra.tools import access, requirements, webhook_events


def test_the_exported_requirements_are_what_the_lock_file_says():
    stale = [path.name for path, text in requirements.exports().items() if path.read_text() != text]
    assert stale == []


def test_the_page_of_who_may_do_what_is_what_the_table_of_roles_says():
    page = access.PAGE.read_text()
    assert access.updated(page) == page, "run `make access`"


def test_the_page_of_webhooks_lists_every_event():
    page = webhook_events.PAGE.read_text()
    assert webhook_events.updated(page) == page, "run `make webhook-events`"


def test_the_layer_leaves_out_what_only_migrations_need():
    files = requirements.exports()
    assert "alembic==" in files[requirements.MIGRATE]
    assert "alembic==" not in files[requirements.LAYER]
    assert "sqlalchemy==" not in files[requirements.MIGRATE]
