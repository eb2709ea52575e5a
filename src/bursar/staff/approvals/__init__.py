"""Four eyes: actions that need a second person, what was asked, and its carrying out, once and exactly as asked."""
