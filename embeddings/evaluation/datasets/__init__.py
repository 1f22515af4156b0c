"""Question files, BEIR, SQuAD and TREC."""
