"""endpoints active since."""

# SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.drop_index(op.f("idx_deliveries_webhook"), table_name="webhook_deliveries")
    op.create_index(
        "idx_deliveries_webhook", "webhook_deliveries", ["webhook_id", "workspace_id", "id"], unique=False
    )
    op.add_column(
        "webhooks",
        sa.Column(
            "active_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.drop_column("webhooks", "active_since")
    op.drop_index("idx_deliveries_webhook", table_name="webhook_deliveries")
    op.create_index(
        op.f("idx_deliveries_webhook"),
        "webhook_deliveries",
        ["webhook_id", "workspace_id", "created_at"],
        unique=False,
    )
