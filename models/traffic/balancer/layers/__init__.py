"""What is laid around a policy: priorities with panic, zones, slow start, subsets."""
