"""From bytes to plain data that remembers where in which file each value was written."""
