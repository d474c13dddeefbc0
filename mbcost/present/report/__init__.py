"""Reports: tables as HTML, for documentation sites, notebooks and browsers."""
