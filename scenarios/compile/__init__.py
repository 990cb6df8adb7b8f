"""From a valid document to the plan of a world: names resolved, numbers checked together."""
