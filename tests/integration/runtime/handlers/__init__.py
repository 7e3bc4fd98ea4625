"""Tiny functions for the runtime to run."""
