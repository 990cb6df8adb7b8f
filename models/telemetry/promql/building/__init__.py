"""From the parser's tree, part by part, to the nodes of a plan."""
