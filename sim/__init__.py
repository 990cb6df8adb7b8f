"""The virtual world: makes time pass and things break; the only importer of SimPy."""
