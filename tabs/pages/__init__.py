"""The tabs that are read: method, programs, accessibility."""
