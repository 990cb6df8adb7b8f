"""Objectives as people write them down, Sloth or OpenSLO, to the rules that watch them."""
