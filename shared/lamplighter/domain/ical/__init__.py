"""Calendar files (RFC 5545): written for calendar programs, and read from them."""
