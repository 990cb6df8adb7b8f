"""Key figures as pictures, for papers, comments and notebooks. The only user of matplotlib."""
