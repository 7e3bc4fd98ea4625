"""Benchmarks, each run alone by `make bench NAME=...`: both sides in one run, and only their ratio counts."""
