"""Do published figures hold?"""
