"""A product catalogue rendered by code: photos the demo may ship."""
