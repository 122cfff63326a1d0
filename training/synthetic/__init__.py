"""Synthetic applications, and how far they lie from the real ones."""
