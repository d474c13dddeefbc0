"""The commands that check a spec and help to write one."""
