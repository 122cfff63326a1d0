"""Displays of the Credit tab."""
