"""`/rules`: the routing table, the list of duties, precedents and versions. The pages' scripts call dispatch with a pass."""
