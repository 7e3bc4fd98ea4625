"""Rules of recurrence, and what they are compared with."""
