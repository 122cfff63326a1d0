"""Displays of the Method and Accessibility tabs."""
