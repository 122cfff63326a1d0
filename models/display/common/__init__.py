"""What the displays of every tab share."""
