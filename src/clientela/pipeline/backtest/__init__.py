"""Learn as if a past day were today, then look once at what followed."""
