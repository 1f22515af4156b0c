"""The engine: from reviews to cited answers, without Discord."""
