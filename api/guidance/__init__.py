"""What route knowledge comes to for a household, a council, a day."""
