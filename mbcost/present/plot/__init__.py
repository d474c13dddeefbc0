"""Answers -> pictures. matplotlib is optional and imported when a picture is drawn."""
