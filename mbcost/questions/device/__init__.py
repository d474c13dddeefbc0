"""What does a device need for it?"""
