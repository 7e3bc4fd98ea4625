"""Every quarter of an hour: removes what is left of deleted workspaces."""
