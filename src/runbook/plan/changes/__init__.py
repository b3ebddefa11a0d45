"""Typed, frozen changes: each knows its before and after, and performs nothing."""
