BEGIN;

-- Running downgrade 0006 -> 0005

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE webhooks DROP COLUMN active_since;

DROP INDEX idx_deliveries_webhook;

CREATE INDEX idx_deliveries_webhook ON webhook_deliveries (webhook_id, workspace_id, created_at);

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0006';

COMMIT;
