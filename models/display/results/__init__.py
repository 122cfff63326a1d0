"""Displays of the Results tab."""
