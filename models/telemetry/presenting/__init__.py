"""A world's metrics under the names and labels that another system's exporter gives them."""
