"""The words that enumerated columns may hold; the first of each seed column is its default."""

from collections.abc import Mapping

BILLING_STATUSES = (
    "active",
    "trialing",
    "past_due",
    "unpaid",
    "incomplete",
    "incomplete_expired",
    "paused",
    "canceled",
)
"""Stripe's own words, so that an event's status is stored as it came."""

ORGANIZATION_ROLES = ("owner", "admin", "billing", "member")
WORKSPACE_ROLES = ("admin", "editor", "approver", "viewer")

CONTENT_STATUSES = ("draft", "ready", "archived")
MEDIA_STATUSES = ("pending", "ready", "rejected")

CONNECTION_STATUSES = ("active", "needs_reconnect", "disconnected")
PUBLICATION_STATUSES = (
    "scheduled",
    "publishing",
    "published",
    "partially_published",
    "failed",
    "cancelled",
    "missed",
    "needs_review",
    "removed",
)
PUBLICATION_PLATFORM_STATUSES = (
    "pending",
    "publishing",
    "published",
    "failed",
    "unknown",
    "cancelled",
    "skipped",
    "held",
    "removed",
)
CHANGES = ("remove", "edit")
"""What may be under way with a post that is on its network."""
TASKS = ("publish", *CHANGES)
"""What an attempt is about."""
SEGMENT_KINDS = ("thread", "comment")
"""What a post may go on with: a reply to its last part, or a comment under its first."""
APPROVAL_STATUSES = ("pending", "approved", "rejected")
"""A publication without one needs no approval."""
APPROVAL_ACTIONS = ("requested", "approved", "rejected", "revoked", "reset")
"""What can happen to an approval; `reset`: what was approved has changed since, so it is asked for again."""
LATE_POLICIES = ("send", "skip", "ask")
LATEST = "latest"
"""The late policy of a recurring post's publications where a misfire runs once: of those that are late, the
latest goes out."""
ATTEMPT_STATUSES = (
    "claimed",
    "prepared",
    "waiting",
    "sending",
    "published",
    "rejected",
    "not_sent",
    "unknown",
    "abandoned",
    "done",
)
"""`done`: a change of what is published was made. `waiting`: parked while the network processes what was
uploaded; nothing of it is posted yet."""

PRIORITIES = ("normal", "high", "low")
DISPATCH_PRIORITIES: Mapping[str, int] = {"high": 0, "normal": 1, "low": 2}
"""What a publication's priority is among the dispatches: lower leaves first."""

LANES = ("quick", "slow")
"""The queues of posts by their index in `dispatches.lane`: whoever takes long has workers of their own."""

MODES = ("live", "test")
"""Of a publication, and of the API key that made it: a test never reaches a real network."""

CAMPAIGN_STATUSES = ("draft", "active", "paused", "completed", "archived")
AB_TEST_STATUSES = ("draft", "running", "completed", "cancelled")
AB_TEST_TYPES = ("text", "media", "timing", "hashtags")
RECURRING_STATUSES = ("active", "paused", "completed")
SCHEDULE_TYPES = ("daily", "weekly", "monthly", "cron", "rrule")
RECURRING_CONTENT_TYPES = ("fixed", "rotation", "template", "generated")
MISFIRE_POLICIES = ("run_once", "skip", "catch_up")
OCCURRENCE_STATUSES = ("planned", "made", "skipped", "failed")

WEBHOOK_STATUSES = ("active", "disabled")
WEBHOOK_ENDS = ("person", "failing", "gone")
"""Why an endpoint is disabled: somebody did it, nothing but failures for days, or it answered 410."""
DELIVERY_STATUSES = ("pending", "delivered", "failed", "cancelled")
"""`failed`: its tries are used up, or no try can help; `cancelled`: its endpoint was disabled or deleted."""

PERMISSION_RESOURCES = (
    "workspaces",
    "members",
    "content",
    "media",
    "templates",
    "brand_voices",
    "connections",
    "publications",
    "campaigns",
    "ab_tests",
    "recurring_posts",
    "analytics",
    "api_keys",
    "webhooks",
    "audit_log",
    "exports",
)
PERMISSIONS = tuple(f"{resource}:{act}" for resource in PERMISSION_RESOURCES for act in ("read", "write"))
"""What an API key may be allowed; `write` includes `read`."""

MAIL_KINDS = (
    "sign_up",
    "reset_password",
    "change_email",
    "invitation",
    "password_changed",
    "email_changed",
    "account_deleted",
    "webhook_failing",
    "webhook_disabled",
)
MAIL_TOKEN_PURPOSES = ("sign_up", "reset_password", "change_email")
ACTOR_KINDS = ("user", "api_key", "system", "approval_link")
EXPORT_STATUSES = ("pending", "running", "ready", "failed", "expired")
