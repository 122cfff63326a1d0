"""The comparison of the classifiers: released models, linear probes, near duplicates, intervals."""
