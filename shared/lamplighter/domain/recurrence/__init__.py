"""When a recurring post goes out: rules in a zone's local time, their occurrences in UTC.

A schedule becomes a `Rule` by `rule_of` (with all checks) or `stored_rule` (without those of its writing);
`occurrences` goes on from a key, `upcoming` from an instant. docs/recurrence.md says what they promise.
"""

from lamplighter.domain.recurrence.clock import GAP, OVERLAP, Key, Occurrence, local_key
from lamplighter.domain.recurrence.counting import index_after
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.rule import Rule, instant, key_at
from lamplighter.domain.recurrence.schedules import densest_gap, rule_of, stored_rule
from lamplighter.domain.recurrence.walking import occurrences, upcoming
from lamplighter.domain.recurrence.words import described

__all__ = [
    "GAP",
    "OVERLAP",
    "Key",
    "Occurrence",
    "Rule",
    "RuleError",
    "densest_gap",
    "described",
    "index_after",
    "instant",
    "key_at",
    "local_key",
    "occurrences",
    "rule_of",
    "stored_rule",
    "upcoming",
]
