"""The metrics of a run in the text formats that other tools read."""
