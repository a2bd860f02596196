"""Other vendors' APIs, spoken by us, so that their clients work unchanged: a folder for each."""
