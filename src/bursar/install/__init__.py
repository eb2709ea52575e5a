"""The install itself: which one it is, and its epoch, which grows with each restore of an older backup."""
