"""Files that people export from other systems, read row by row: any encoding, any delimiter, bounded memory."""
