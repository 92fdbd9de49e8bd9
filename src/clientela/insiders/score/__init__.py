"""The rules of the programme, applied."""
