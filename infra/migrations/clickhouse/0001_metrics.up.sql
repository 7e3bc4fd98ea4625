-- Snapshots of a post's counters, as the networks gave them. The workspace comes first in the key, because every
-- question is a workspace's; a snapshot that arrives twice has the same key and is one row after merging.
CREATE TABLE IF NOT EXISTS post_metrics
(
    workspace_id            String CODEC(ZSTD(1)),
    publication_id          String CODEC(ZSTD(1)),
    publication_platform_id String CODEC(ZSTD(1)),
    platform                LowCardinality(String),
    impressions             UInt64 CODEC(T64, ZSTD(1)),
    engagements             UInt64 CODEC(T64, ZSTD(1)),
    likes                   UInt64 CODEC(T64, ZSTD(1)),
    comments                UInt64 CODEC(T64, ZSTD(1)),
    shares                  UInt64 CODEC(T64, ZSTD(1)),
    clicks                  UInt64 CODEC(T64, ZSTD(1)),
    collected_at            DateTime('UTC') CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(collected_at)
ORDER BY (workspace_id, publication_id, platform, publication_platform_id, collected_at);

-- A day of a workspace on a network, written whole each time: the latest calculation replaces those before it,
-- where summing would count a repeated one twice.
CREATE TABLE IF NOT EXISTS daily_aggregates
(
    workspace_id      String,
    date              Date,
    platform          LowCardinality(String),
    total_reach       UInt64,
    total_engagements UInt64,
    posts_published   UInt32,
    followers_change  Int32,
    calculated_at     DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(calculated_at)
ORDER BY (workspace_id, date, platform);
