"""How Alembic runs here: on the connection it is handed, each migration in a transaction of its own."""

from alembic import context

SCHEMAS = {None, "sandbox"}


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else name != "alembic_version"


def run() -> None:
    attributes = context.config.attributes
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql",
            literal_binds=True,
            transaction_per_migration=True,
            output_buffer=attributes["output"],
        )
    else:
        context.configure(
            connection=attributes["connection"],
            target_metadata=attributes.get("metadata"),  # only for generating a migration
            include_schemas=True,
            include_name=_is_ours,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
    with context.begin_transaction():
        context.run_migrations()


run()
