"""What is true of the air and its monitors, whatever the rest of the code does."""
