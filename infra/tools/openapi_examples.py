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
    "PublicationResolve": {
        "outcome": "posted",
        "url": "https://social.example.org/@ada/112233445566",
        "platform_post_id": "112233445566",
    },
    "ApprovalStep": {"comment": "Ready for a look."},
    "ApprovalDecision": {"comment": "Lovely, as it stands."},
    "ApprovalLinkDecision": {"comment": "Lovely, as it stands.", "approval_hash": "5e" * 32},
    "ApprovalLinkCreate": {"recipient": "Harbour office", "expires_in_hours": 72},
    "SandboxPostCreate": {"handle": "ada", "text": "The lamps are lit. https://example.org #evening"},
    "SandboxPostEdit": {"text": "The lamps are bright. https://example.org #evening"},
    "SandboxFaultSwitch": {"fault": "error_after", "remaining": 1},
}
