"""Shots of one scene: which belong together as a burst, bracket or panorama, how good each is, and which one is suggested."""
