"""Scoring data sets of any size, partition by partition."""
