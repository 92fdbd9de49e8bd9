"""The rules of the programme, learnt and proved."""
