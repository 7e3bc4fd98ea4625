"""What is generated and committed is what its source says now."""

from infra.tools import requirements


def test_the_exported_requirements_are_what_the_lock_file_says():
    stale = [path.name for path, text in requirements.exports().items() if path.read_text() != text]
    assert stale == []


def test_the_layer_leaves_out_what_only_migrations_need():
    files = requirements.exports()
    assert "alembic==" in files[requirements.MIGRATE]
    assert "alembic==" not in files[requirements.LAYER]
    assert "sqlalchemy==" not in files[requirements.MIGRATE]
