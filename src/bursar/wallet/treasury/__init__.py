"""The treasury: bringing deposits home, and proving that what stands on chains is what the books say."""
