"""A recorded run as a page that a browser opens."""
