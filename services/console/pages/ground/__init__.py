"""`/ground`: the pages about the grids themselves. The server draws what its own copy of the fabric knows; the rest is
fetched by the pages' scripts from the registry, with a pass."""
