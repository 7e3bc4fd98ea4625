"""What Postgres' own catalog must say for tenants to be kept apart, besides policies and foreign keys."""

from typing import Any

import psycopg

from lamplighter.postgres.security import LOOKUP

type Superuser = psycopg.Connection[Any]

WITHOUT_TENANT = {
    "users_email_key": "an address has one account; who asks is answered alike either way",
    "organizations_slug_key": "a slug is an organization's public name",
    "organizations_stripe_customer_id_key": "Stripe's, and nobody gives it",
    "api_keys_key_hash_key": "of a random key",
    "mail_tokens_token_hash_key": "of a random token",
    "refresh_tokens_token_hash_key": "of a random token",
    "invitations_token_hash_key": "of a random token",
    "oidc_identities_issuer_subject_key": "the provider's word for one person",
    "media_object_key_key": "ours, and the workspace's id is in it",
    "approval_links_token_hash_key": "of a random token",
    "calendar_feeds_token_hash_key": "of a random token",
    "webhook_deliveries_webhook_id_event_id_key": "of an endpoint, which is one tenant's",
    "webhook_attempts_delivery_id_number_key": "of a delivery, which is one tenant's",
    "idx_attempts_remote": "of a connection, which is one tenant's",
}
"""Unique constraints over all tenants: a value that is taken tells that somebody has it."""


def test_a_unique_constraint_is_a_tenants_own_or_tells_nothing(superuser: Superuser):
    found = superuser.execute(
        """
        SELECT indexrelid::regclass::text
          FROM pg_index i
          JOIN pg_class t ON t.oid = i.indrelid
         WHERE i.indisunique AND NOT i.indisprimary AND t.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (
                SELECT FROM pg_attribute a
                 WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                   AND a.attname IN ('workspace_id', 'organization_id', 'user_id')
               )
        """
    )
    assert {name for (name,) in found} == WITHOUT_TENANT.keys()


def test_a_view_shows_what_its_reader_may_see_and_not_its_owner(superuser: Superuser):
    found = superuser.execute(
        """
        SELECT oid::regclass::text FROM pg_class
         WHERE relkind IN ('v', 'm') AND relnamespace IN ('public'::regnamespace, 'sandbox'::regnamespace)
           AND NOT coalesce(reloptions, '{}') && '{security_invoker=true,security_invoker=on}'
        """
    )
    assert [name for (name,) in found] == []


def test_a_function_with_its_owners_rights_has_a_harmless_owner_and_a_fixed_path(superuser: Superuser):
    found = superuser.execute(
        """
        SELECT p.oid::regprocedure::text, o.rolname, p.proconfig, o.rolcanlogin, o.rolsuper, o.rolbypassrls
          FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner
         WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
        """
    ).fetchall()
    assert found
    fixed = ["search_path=pg_catalog, pg_temp"]
    assert [row for row in found if row[1:] != (LOOKUP, fixed, False, False, False)] == []
