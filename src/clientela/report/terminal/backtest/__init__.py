"""What ``clientela backtest`` tells a person."""
