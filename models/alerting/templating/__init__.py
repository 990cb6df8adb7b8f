"""Templates of alert labels and annotations: the part of Go's that real rule files use."""
