"""What `mcugen report --json` prints, and its page is made of: the whole in `document`, its parts beside it."""
