"""What instances work with: cores shared by their jobs, memory, collectors, disks, networks."""
