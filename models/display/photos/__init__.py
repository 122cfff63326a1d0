"""Displays of the Photos tab."""
