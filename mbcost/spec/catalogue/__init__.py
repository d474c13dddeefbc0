"""The facts that come with mbcost."""
