"""Questions: `/ask`, the message menu, mentions, replies, direct messages."""
