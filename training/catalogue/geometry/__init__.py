"""Shapes and cloth."""
