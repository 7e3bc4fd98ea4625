"""Every hour: removes what is past."""
