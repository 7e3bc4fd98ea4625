DROP TABLE IF EXISTS daily_aggregates;

DROP TABLE IF EXISTS post_metrics;
