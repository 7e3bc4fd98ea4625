"""Lamplighter's shared layer: everything that more than one function needs."""
