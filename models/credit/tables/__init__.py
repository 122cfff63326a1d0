"""Files of applications as people have them: unpacked, told apart by content, read without guessing, and checked."""
