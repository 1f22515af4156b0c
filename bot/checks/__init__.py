"""What `review-bot doctor` looks at, and what it advises."""
