"""Organizations, their people and their workspaces."""
