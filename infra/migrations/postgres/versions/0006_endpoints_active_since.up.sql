BEGIN;

-- Running upgrade 0005 -> 0006

SET LOCAL ROLE lamplighter_owner;

DROP INDEX idx_deliveries_webhook;

CREATE INDEX idx_deliveries_webhook ON webhook_deliveries (webhook_id, workspace_id, id);

ALTER TABLE webhooks ADD COLUMN active_since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

COMMIT;
