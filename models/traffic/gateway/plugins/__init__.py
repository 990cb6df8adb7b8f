"""Plug-ins that come with the gateway, one each file."""
