"""The embedded stack: everything Lamplighter needs, on one machine, out of PyPI wheels."""
