"""What a run leaves behind: tables, manifest and the canonical digest."""
