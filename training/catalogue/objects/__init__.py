"""The objects of the catalogue, one function each."""
