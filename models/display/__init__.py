"""How an answer is drawn: figures, tables, cards and sentences, a folder a tab."""
