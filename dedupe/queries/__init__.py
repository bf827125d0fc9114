"""Questions to a library of photos: what is like this one, are these two the same, which of these do I have already."""
