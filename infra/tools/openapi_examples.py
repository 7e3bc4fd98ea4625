"""Bodies that a reader may send as they stand, but for the ids."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "SignUp": {"email": "ada@example.com"},
    "EmailVerification": {
        "token": "Zk3l...",
        "name": "Ada Lovelace",
        "password": "a lamp in every harbour",
        "timezone": "Europe/London",
    },
    "Login": {"email": "ada@example.com", "password": "a lamp in every harbour"},
    "Refresh": {"refresh_token": "lmr_..."},
    "PasswordChange": {
        "current_password": "a lamp in every harbour",
        "new_password": "kelp and orchards by night",
    },
    "PasswordReset": {"email": "ada@example.com"},
    "PasswordResetCompletion": {"token": "Zk3l...", "password": "kelp and orchards by night"},
    "InvitationAcceptance": {
        "token": "Zk3l...",
        "name": "Ada Lovelace",
        "password": "a lamp in every harbour",
    },
    "OidcStart": {"redirect_uri": "https://app.example.com/signed-in"},
    "OidcCompletion": {
        "login_token": "q8Vd...",
        "state": "Jx0b...",
        "code": "4/0AX4...",
        "redirect_uri": "https://app.example.com/signed-in",
    },
    "UserUpdate": {"name": "Ada King", "timezone": "Europe/London"},
    "EmailChange": {"email": "ada.king@example.com", "password": "a lamp in every harbour"},
    "EmailProof": {"token": "Zk3l..."},
    "OrganizationCreate": {"name": "Lantern House", "slug": "lantern-house"},
    "OrganizationUpdate": {"name": "Lantern House Ltd"},
    "OrganizationTransfer": {"user_id": "0198c2f0-9b11-7d02-8f34-6a7b8c9d0e03"},
    "OrganizationMemberUpdate": {"role": "admin"},
    "WorkspaceMemberCreate": {"user_id": "0198c2f0-9b11-7d02-8f34-6a7b8c9d0e03", "role": "editor"},
    "WorkspaceMemberUpdate": {"role": "approver"},
    "OrganizationInvitationCreate": {"email": "ada@example.com", "role": "member"},
    "WorkspaceInvitationCreate": {"email": "ada@example.com", "role": "editor"},
    "WorkspaceCreate": {"name": "Autumn launch", "slug": "autumn-launch"},
    "WorkspaceUpdate": {"name": "Winter launch"},
    "ApiKeyCreate": {
        "name": "Newsroom",
        "type": "test",
        "permissions": ["content:read", "content:write", "publications:read", "publications:write"],
    },
    "ApiKeyUpdate": {"name": "Newsroom, reading", "permissions": ["content:read", "publications:read"]},
    "ApiKeyRoll": {"overlap_seconds": 3600},
    "ContentCreate": {
        "text": "The lamps are lit. https://example.org #evening",
        "adapted_versions": {
            "mastodon": {"text": "The lamps are lit, fediverse. https://example.org #evening"}
        },
        "segments": [{"kind": "thread", "text": "And the harbour with them."}],
        "language": "en",
    },
    "ContentUpdate": {"text": "The lamps are lit again. https://example.org #evening"},
    "MediaCreate": {"file_name": "quay.jpg", "byte_size": 184320},
    "ConnectionCreate": {"platform": "sandbox", "credentials": {"handle": "ada"}},
    "PublicationCreate": {
        "content_id": "0198c2f0-6f1e-7c4e-9d0a-3f3f6d6f8a01",
        "connection_ids": ["0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02"],
        "scheduled_at": "now",
    },
    "PublicationUpdate": {"priority": "high", "late_policy": "skip", "late_after_minutes": 30},
    "SlotPlanCreate": {
        "connection_id": "0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02",
        "timezone": "Europe/Vienna",
        "weekly": {"mo": ["09:00", "17:30"], "th": ["09:00"]},
        "quiet_hours": [{"start": "22:00", "end": "07:00"}],
        "min_gap_minutes": 60,
        "daily_cap": 3,
    },
    "SlotPlanUpdate": {"weekly": {"mo": ["09:00"], "sa": ["11:00"]}, "daily_cap": None},
    "SlotReshuffle": {
        "slot_plan_id": "0198c2f0-8b31-7c22-9d66-6e2d3c8f0a05",
        "order": "kept",
        "dry_run": False,
    },
    "PublicationResolve": {
        "outcome": "posted",
        "url": "https://social.example.org/@ada/112233445566",
        "platform_post_id": "112233445566",
    },
    "RecurringPostCreate": {
        "name": "Lamp of the week",
        "schedule_type": "weekly",
        "schedule_config": {
            "timezone": "Europe/Berlin",
            "weekdays": ["tu"],
            "times": ["09:00"],
            "interval": 2,
        },
        "content_ids": ["0198c2f0-6f1e-7c4e-9d0a-3f3f6d6f8a01"],
        "connection_ids": ["0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02"],
    },
    "RecurringPostUpdate": {"name": "Lamp of the fortnight", "misfire_policy": "skip"},
    "RecurringPostPreview": {
        "schedule_type": "monthly",
        "schedule_config": {
            "timezone": "Europe/Berlin",
            "nth": {"week": -1, "weekday": "fr"},
            "times": ["17:30"],
        },
    },
    "OccurrenceMove": {"scheduled_at": "2029-12-24T10:30"},
    "OccurrenceEdit": {"content_id": "0198c2f0-6f1e-7c4e-9d0a-3f3f6d6f8a01"},
    "CalendarMove": {
        "publication_id": "0198c2f0-8c42-7d33-9e77-7f3e4d9f1b06",
        "scheduled_at": "2029-12-24T10:30:00+01:00",
        "countries": ["DE", "DE-BY"],
    },
    "CalendarFeedCreate": {"name": "Harbour posts"},
    "CalendarImport": {
        "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:lamps-1@example.org\r\n"
        "DTSTART;TZID=Europe/Berlin:20291224T103000\r\nSUMMARY:The lamps are lit.\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n",
        "connection_ids": ["0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02"],
        "timezone": "Europe/Berlin",
    },
    "ApprovalStep": {"comment": "Ready for a look."},
    "ApprovalDecision": {"comment": "Lovely, as it stands."},
    "ApprovalLinkDecision": {"comment": "Lovely, as it stands.", "approval_hash": "5e" * 32},
    "ApprovalLinkCreate": {"recipient": "Harbour office", "expires_in_hours": 72},
    "SandboxPostCreate": {"handle": "ada", "text": "The lamps are lit. https://example.org #evening"},
    "SandboxPostEdit": {"text": "The lamps are bright. https://example.org #evening"},
    "SandboxFaultSwitch": {"fault": "error_after", "remaining": 1},
}
